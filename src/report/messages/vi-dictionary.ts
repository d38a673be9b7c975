import type { DictionaryWords, Scope } from '../../transform/dictionary-words.ts';
import { campaigns } from './vi-campaigns.ts';
import { alerts } from './vi-splits.ts';

const scopes: Readonly<Record<Scope, string>> = {
  all: 'cả công ty',
  account: 'tài khoản',
  campaign: 'chiến dịch',
  list: 'danh sách',
  domain: 'tên miền',
};

/** Of `mailmart metrics` in Vietnamese; the catalog's own texts are in vi-catalog.ts. */
export const dictionary: DictionaryWords = {
  title: 'Các chỉ số',
  intro: [
    'Mọi chỉ số có ở đây, mỗi chỉ số một lần: công thức, được so với gì, mỗi dịch vụ e-mail gọi nó là gì, và nên làm gì với',
    'nó. `mailmart metrics TÊN --lang vi` cho xem một mục; các giá trị nằm trong `marts.metric_values`; định nghĩa riêng của',
    'từng dịch vụ, tính trên cùng các sự kiện, nằm trong `marts.as_esp_shows`. Tỷ số được tính từ các tổng, không bao giờ lấy trung bình.',
  ],
  beside: 'Ngoài 21 chỉ số',
  formula: 'Công thức',
  units: {
    rate: 'tỷ lệ, từ 0 đến 1',
    ratio: 'tỷ số',
    money: 'tiền, theo đơn vị tiền tệ của báo cáo',
    count: 'số đếm',
    seconds: 'giây',
  },
  column: 'Cột',
  notConnected: 'NULL cho đến khi có nguồn dữ liệu cho nó',
  grain: 'Mỗi giá trị cho',
  window: 'Khoảng thời gian',
  goodIs: 'Tốt là',
  directions: { up: 'nhiều hơn', down: 'ít hơn', neutral: 'tự nó không phải nhiều hơn hay ít hơn' },
  article: (number) => `Bài viết: chỉ số ${number}`,
  threshold: 'Ngưỡng',
  alert: (severity) => `Cảnh báo, mức độ “${alerts.severities[severity].toLocaleLowerCase('vi')}”`,
  below: (figure) => `dưới ${figure}`,
  atLeast: (figure) => `từ ${figure} trở lên`,
  kinds: {
    rise: 'tăng vừa có ý nghĩa thống kê vừa rõ rệt so với năm qua của chính tài khoản',
    median: 'thấp hơn trung vị năm qua của chính tài khoản một cách có ý nghĩa thống kê',
  },
  by: (of) => `theo ${of.map((scope) => scopes[scope]).join(', ')}`,
  from: (count) => `khi có ít nhất ${count}`,
  over: (periods, margin) =>
    `hết sau ${periods} lần liên tiếp trở lại mức tốt${margin === null ? '' : `, cách ngưỡng ${margin * 100} %`}`,
  caution: 'Lưu ý khi đọc',
  goals: (of) => `Mục tiêu: ${of.map((goal) => campaigns.goals[goal]).join(', ')}`,
  advice: ({ vi }) => [`Nên làm gì: ${vi}`],
  vendors: 'Mỗi dịch vụ gọi nó là gì, và con số của họ khác ở đâu',
  inPercent: 'tính bằng phần trăm',
};

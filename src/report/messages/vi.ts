import type { en } from './en.ts';
import { abTests, campaigns, links, profit } from './vi-campaigns.ts';
import { phrases } from './vi-catalog.ts';
import { columns } from './vi-columns.ts';
import { audience, glossary, quality, reconciliation } from './vi-data.ts';
import { kpis, trends } from './vi-kpis.ts';
import { goalPages, metricPages, pages } from './vi-pages.ts';
import { alerts, espView, splits } from './vi-splits.ts';
import { values } from './vi-values.ts';

/** Vietnamese. */
export const vi: typeof en = {
  language: 'vi',
  locale: 'vi-VN',
  direction: 'ltr',
  phrases,
  notAvailable: 'không có',
  none: '–',
  yes: 'có',
  no: 'không',
  page: {
    title: (company) => `${company}: báo cáo e-mail marketing`,
    skip: 'Đến thẳng các con số',
    contents: 'Các trang',
    heading: 'Báo cáo e-mail marketing',
    period: (from, to, days) => `${from} đến ${to} (${days} ngày)`,
    periodPast: (asOf) =>
      `Không có chiến dịch nào được gửi trong 90 ngày đến ${asOf}, nên hiển thị 90 ngày đến chiến dịch mới nhất.`,
    footer: (zone, currency) =>
      `Ngày theo múi giờ ${zone}, tiền tính bằng ${currency}. Chiến dịch tính vào ngày gửi, cùng mọi điều theo sau. Lượt mở và nhấp là của người, trừ khi ghi “theo báo cáo”. mailmart viết báo cáo này từ các bảng dữ liệu; không tải gì từ mạng.`,
  },
  header: {
    period: 'Kỳ',
    asOf: 'Dữ liệu đến',
    published: 'Xuất bản',
    campaigns: 'Chiến dịch trong kỳ',
    verdict: {
      complete: 'Đầy đủ: đã đọc mọi thứ mà các nguồn có thể cho thấy.',
      incomplete: 'Chưa đầy đủ: còn thiếu, xem bên dưới.',
      suspiciously_empty: 'Đáng ngờ: một nguồn trước đây có dữ liệu nay không trả về gì.',
      unknown: 'Không rõ: không có lần chạy nào được ghi lại.',
    },
    missing: 'Còn thiếu',
    gaps: 'Chỗ trống đã biết',
    more: (count) => `và ${count} mục nữa`,
    freshness: 'Độ mới theo nguồn',
    freshnessCaption: 'Mỗi nguồn được đọc và thay đổi lần cuối khi nào',
    columns: {
      account_id: 'Nguồn',
      source: 'Loại',
      stream_count: 'Luồng',
      read_at: 'Đọc lần cuối',
      changed_at: 'Thay đổi lần cuối',
      row_count: 'Số dòng đang giữ',
      verdict_kind: 'Kết luận',
    },
    noSources: 'Chưa đọc nguồn nào.',
  },
  verdicts: {
    complete: 'Đầy đủ',
    incomplete: 'Chưa đầy đủ',
    suspiciously_empty: 'Đáng ngờ',
  },
  summary: {
    heading: 'Tóm tắt',
    money: (campaigns, revenue, conversions, costs, profit) =>
      `Các chiến dịch của kỳ (${campaigns}) mang về ${revenue} sau hoàn tiền${conversions === null ? '' : ` và các lượt chuyển đổi trị giá ${conversions}`}; còn lại ${profit} lợi nhuận khi đã trả ${costs} chi phí của chúng.`,
    noMoney: 'Không rõ doanh thu nào của kỳ.',
    reading: (openRate, reported) =>
      `${openRate} số người nhận được thư đã mở; tính cả máy, như các dịch vụ e-mail làm, sẽ là ${reported}.`,
    active: (rate, active, mailed) =>
      `${active} trong ${mailed} người được gửi thư trong 90 ngày qua đã mở hoặc nhấp: tỷ lệ người đọc tích cực là ${rate}.`,
    misses: (names) => `Ngoài ngưỡng: ${names}.`,
    allMeet: 'Mọi con số đã biết có ngưỡng đều nằm trong ngưỡng.',
    reconciled: (within, all) =>
      `${within} trong ${all} tổng khớp với con số của chính nguồn, hoặc chênh lệch có lý do đã biết.`,
    empty: 'Chưa có chiến dịch nào. Hãy chạy `mailmart run` khi một nguồn đã gửi thư.',
  },
  table: {
    empty: 'Không có gì để hiển thị.',
    printed: (count) => `Bản in có ${count} dòng đầu; trang này và bảng dữ liệu có tất cả.`,
    notes: (count) => `${count} ghi chú về các giá trị thiếu hoặc chưa đầy đủ`,
    more: (shown, more) => `Hiển thị ${shown} dòng; còn ${more} dòng nữa trong bảng dữ liệu.`,
  },
  figure: { data: 'Các con số dưới dạng bảng' },
  email: {
    number: 'Chỉ số',
    value: 'Giá trị, và kỳ trước',
    status: 'Tình trạng',
    footer:
      'Đây là bản tóm tắt của báo cáo; toàn bộ báo cáo, với mọi chiến dịch, cảnh báo và định nghĩa, nằm trong tệp HTML.',
  },
  pages,
  metricPages,
  goalPages,
  splits,
  alerts,
  espView,
  kpis,
  trends,
  campaigns,
  profit,
  audience,
  abTests,
  links,
  reconciliation,
  quality,
  glossary,
  columns,
  values,
  joinNames: (names) => new Intl.ListFormat('vi', { type: 'conjunction' }).format(names),
};

import { markup } from '../html.ts';
import type { goalPages as englishGoals, metricPages as englishMetrics, pages as englishPages } from './en-pages.ts';

/** Names of the pages and of their groups in the menu. */
export const pages: typeof englishPages = {
  overview: 'Tổng quan',
  groups: { overview: 'Nhìn nhanh', goals: 'Theo mục tiêu', metrics: '21 chỉ số', details: 'Chi tiết' },
};

/** Words of the pages of single metrics. */
export const metricPages: typeof englishMetrics = {
  titles: {
    1: 'Tỷ lệ mở',
    2: 'Tỷ lệ mở trên di động',
    3: 'Số lần mở mỗi người mở',
    4: 'Thời điểm mở',
    5: 'Tỷ lệ thư bị trả lại',
    6: 'Tỷ lệ gửi tới (độ tiếp cận)',
    7: 'Lượt nhấp vào liên kết',
    8: 'Tỷ lệ nhấp',
    9: 'Số người hủy đăng ký',
    10: 'Tỷ lệ hủy đăng ký',
    11: 'Tăng trưởng người đăng ký',
    12: 'Tỷ lệ chuyển đổi',
    13: 'Tỷ lệ mua hàng',
    14: 'Lợi nhuận',
    15: 'Doanh thu mỗi người mở',
    16: 'Giá trị của một người đăng ký',
    17: 'Thời gian xem',
    18: 'Người đọc tích cực',
    19: 'Thư trả lời thiện chí',
    20: 'Điểm spam và khiếu nại',
    21: 'Ứng dụng đọc thư',
  },
  number: (number, all) => `Chỉ số ${number} trong ${all}.`,
  now: 'Con số hiện nay',
  todo: 'Nên làm gì',
  definition: 'Định nghĩa',
  notInCatalog: 'Danh mục chỉ số chưa có mục nào cho chỉ số này.',
  noSingleNumber: 'không có một con số duy nhất; xem các cách chia bên dưới.',
  noMart: (mart) =>
    `chưa đo: bảng ${mart} chưa được xuất bản. Lần chạy tới sẽ tạo bảng khi có nguồn cho dữ liệu cần thiết.`,
  dateBasis: 'Tính vào',
  basis: {
    cohort: 'ngày gửi: những gì theo sau thuộc về chiến dịch',
    event: 'ngày xảy ra',
    toDate: 'toàn bộ thời gian, đến nay',
  },
  goals: 'Mục tiêu xem chỉ số này trước tiên',
  effect: {
    known: (name, human, reported, gap) =>
      markup`${name}: ${human} là của người; tính cả máy, như các dịch vụ e-mail báo cáo, là ${reported} (${gap}).`,
    unknown: (name) =>
      `${name}: không nói được máy làm tăng bao nhiêu, vì không rõ con số của người hoặc con số được báo cáo.`,
  },
  vendors: 'Con số riêng của các dịch vụ khác thế nào',
  vendorsCaption: 'Mỗi dịch vụ gọi là gì và con số của họ khác thế nào',
  vendor: 'Dịch vụ',
  metric: 'Chỉ số',
  calledThere: 'Tên ở đó',
  difference: 'Khác ở chỗ',
  same: 'Cùng một con số',
  noVendor: 'Không dịch vụ nào đã kết nối có con số riêng cho chỉ số này.',
  trend: {
    title: (name) => `${name} theo tháng`,
    profitTitle: 'Lợi nhuận theo tháng gửi của chiến dịch',
    captions: {
      sends: (name) => `${name} theo tháng gửi`,
      events: (name) => `${name} theo tháng, mỗi sự kiện tính vào ngày của nó`,
      states: (name) => `${name} vào cuối mỗi tháng`,
    },
    finding: (name, now, month, low, lowMonth, high, highMonth) =>
      `${name}: ${now} vào ${month}; trong các tháng hiển thị nằm giữa ${low} (${lowMonth}) và ${high} (${highMonth}).`,
    single: (name, now, month) => `${name}: ${now} vào ${month}; không tháng nào khác có giá trị.`,
    empty: 'Không tháng nào có giá trị để vẽ.',
  },
  campaigns: {
    title: (name) => `${name} theo chiến dịch`,
    finding: (best, high, worst, low, count) =>
      markup`Trong các chiến dịch của kỳ có giá trị (${count}), ${best} cao nhất với ${high} và ${worst} thấp nhất với ${low}.`,
    empty: (smallest) =>
      `Không chiến dịch nào của kỳ tới được ít nhất ${smallest} người có giá trị; ghi chú dưới bảng cho biết vì sao.`,
    caption: 'Cao nhất và thấp nhất của kỳ, rồi đến các chiến dịch mới nhất',
  },
};

/** Words of the pages of goals. */
export const goalPages: typeof englishGoals = {
  intro: {
    lead_generation:
      'Nội dung cần khiến người đọc quan tâm đủ để trở thành khách hàng tiềm năng: hãy xem lượt nhấp, chuyển đổi, thời gian đọc và ai rời đi.',
    customer_acquisition:
      'Người đọc cần mua hàng: hãy xem việc mua, chuyển đổi, doanh thu mỗi người mở và lợi nhuận; lượt mở và nhấp hỗ trợ cho chúng.',
    customer_marketing:
      'Khách hàng cần ở lại và dùng những gì họ có: hãy xem người đọc tích cực, lượt mở lại, thư trả lời và việc sử dụng.',
  },
  campaigns: (current, all) => `Chiến dịch có mục tiêu này: ${current} trong kỳ, ${all} tất cả.`,
  noCampaign: 'Không chiến dịch nào có mục tiêu này; mailmart.yaml đặt mục tiêu theo quy tắc (`campaigns:`).',
  first: 'Các con số của mục tiêu này',
  support: 'Các con số hỗ trợ',
  missing: 'Cũng thuộc mục tiêu này, nhưng ở đây không có một con số:',
  campaignsHeading: 'Các chiến dịch của mục tiêu',
  caption: (goal) => `Chiến dịch có mục tiêu “${goal}”, mới nhất trước`,
  wholeCompany: 'Của cả công ty, không chỉ của các chiến dịch này',
  allMatched: 'Mọi chiến dịch đều có mục tiêu.',
  unmatched: (count, newest, none) =>
    markup`Chiến dịch không có quy tắc nào đặt mục tiêu (“${none}”), nên không có trên trang mục tiêu nào: ${count}; mới nhất là ${newest}.`,
};

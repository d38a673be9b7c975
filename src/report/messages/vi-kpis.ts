import type { kpis as english, trends as englishTrends } from './en-kpis.ts';

/** Words of the cards and of the monthly charts. */
export const kpis: typeof english = {
  heading: 'Các con số chính',
  intro: (from, to, previousFrom, previousTo) =>
    `Các chiến dịch gửi từ ${from} đến ${to}, so với các chiến dịch từ ${previousFrom} đến ${previousTo} và với mức thường thấy ở đây. Tỷ lệ là thương của các tổng, không bao giờ là trung bình của các tỷ lệ.`,
  groups: {
    reach: 'Tiếp cận',
    reading: 'Đọc',
    leaving: 'Rời bỏ và khiếu nại',
    results: 'Kết quả',
    money: 'Tiền',
    audience: 'Người đăng ký',
  },
  windowed: (name, days) => `${name}, ${days} ngày`,
  average: (name) => `${name}, trung bình`,
  previous: 'Kỳ trước',
  previousStock: '90 ngày trước',
  lastYear: '52 tuần trước',
  median: {
    campaigns: 'Chiến dịch trung vị',
    periods: 'Trung vị các kỳ trước',
    days: 'Ngày trung vị',
  },
  points: (difference) => `${difference} điểm phần trăm`,
  status: {
    meets: {
      above: (value) => `Đạt mức ${value}`,
      below: (value) => `Dưới giới hạn ${value}`,
    },
    misses: {
      above: (value) => `Chưa đạt ${value}`,
      below: (value) => `Không dưới giới hạn ${value}`,
    },
    better: 'Tốt hơn thường lệ',
    worse: 'Kém hơn thường lệ',
    usual: 'Như thường lệ',
    none: 'Không đặt ngưỡng',
    unknown: 'Không rõ',
    beside: {
      meets: {
        better: (text) => `${text}, và tốt hơn thường lệ`,
        worse: (text) => `${text}, nhưng kém hơn thường lệ`,
      },
      misses: {
        better: (text) => `${text}, nhưng tốt hơn thường lệ`,
        worse: (text) => `${text}, và kém hơn thường lệ`,
      },
    },
  },
  openAlerts: (count) => `Cảnh báo đang mở: ${count}`,
  details: 'Cách tính',
  question: 'Câu hỏi',
  formula: 'Công thức',
  sums: 'Các tổng',
  interval: 'Khoảng tin cậy 95 %',
  between: (low, high) => `${low} đến ${high}`,
  intervalMethod: 'Khoảng điểm Wilson của các tổng, như thể mỗi lần được rút riêng.',
  window: 'Khoảng thời gian',
  days: (from, to) => `${from} đến ${to}`,
  toDate: 'Toàn bộ thời gian',
  caution: 'Lưu ý khi đọc',
  thresholdText: 'Ngưỡng',
  freshness: 'Dữ liệu đến',
  leftOut: (out, all, of) =>
    `${out} trong ${all} ${{ campaigns: 'chiến dịch', links: 'liên kết', checks: 'lần kiểm tra' }[of]} không được tính: không rõ giá trị của chúng.`,
  incomplete: 'Chưa đầy đủ',
  reason: {
    noCampaign: 'không có chiến dịch nào trong kỳ',
    noBase: (column) => `“${column}” không lớn hơn 0 hoặc không rõ, nên không có gì để chia`,
    noRows: 'bảng không có dòng nào cho số này',
    notKnown: 'nguồn không cho biết',
  },
  trend: (from, to, first, last) => `Diễn biến theo tháng, ${from} ${first} đến ${to} ${last}`,
  noTrend: 'Không có diễn biến: bảng chỉ biết hôm nay.',
  missing: 'Chưa đo được',
};

export const trends: typeof englishTrends = {
  caption: (title) => `${title}, theo tháng gửi`,
  month: 'Tháng',
  sent: {
    title: 'Thư đã gửi',
    finding: (total, campaigns, peak, month) =>
      `${total} thư trong mọi tháng (chiến dịch: ${campaigns}); nhiều nhất vào ${month}: ${peak}.`,
  },
  machine: {
    title: 'Ai đã mở: người, máy, không phân biệt được',
    finding: (share, machine, all) => `${share} lượt mở (${machine} trong ${all}) là của máy, không phải của người.`,
    none: 'Không có lượt mở nào được biết.',
  },
  money: {
    title: 'Doanh thu thuần và lợi nhuận',
    finding: (best, month, total) => `Tổng lợi nhuận ${total}; tháng tốt nhất là ${month} với ${best}.`,
    unknown: 'Chưa biết khoản tiền nào.',
  },
};

import { markup } from '../html.ts';
import type { alerts as englishAlerts, espView as englishView, splits as english } from './en-splits.ts';

/** Words of what metrics are cut by. */
export const splits: typeof english = {
  noMart: (mart) => `Chưa đo: bảng ${mart} chưa được xuất bản. Bảng được tạo khi có nguồn cho dữ liệu cần thiết.`,
  emptyMart: (mart) => `Chưa có gì để hiển thị: chưa nguồn nào cho dữ liệu của bảng ${mart}.`,
  sendTime: {
    title: {
      reporting: 'Khi nào người đọc mở thư, theo múi giờ của công ty',
      recipient: 'Khi nào người đọc mở thư, theo múi giờ của chính họ',
    },
    caption: 'Phần trong mọi lượt mở của người, theo giờ và thứ trong tuần; màu đậm hơn, phần lớn hơn',
    hour: 'Giờ',
    weekday: 'Thứ',
    empty: {
      reporting: 'Trong 90 ngày qua không phân biệt được lượt mở nào của người với của máy.',
      recipient: 'Không rõ múi giờ của người đọc nào.',
    },
    finding: (day, hour, share) => `Nhiều lượt mở nhất vào ${day}, trong giờ từ ${hour}: ${share}.`,
    speed: (median, p90) =>
      `Một nửa số lượt mở đầu tiên đến trong vòng ${median} sau khi gửi, chín phần mười trong vòng ${p90}.`,
    sendsCaption: (fewest) => `Thư gửi trong một giờ được mở ra sao (các giờ có ít nhất ${fewest} thư gửi)`,
    noSends: (fewest) => `Không giờ nào có ít nhất ${fewest} thư gửi mà từng lượt mở được biết.`,
  },
  clients: {
    title: 'Người đọc dùng gì để đọc',
    caption:
      'Tháng mới nhất có ứng dụng được biết, theo ứng dụng, thiết bị và hệ điều hành; thư do proxy tải được tách riêng',
    client: 'Ứng dụng',
    device: 'Thiết bị',
    os: 'Hệ điều hành',
    proxy: 'Proxy',
    empty: 'Không lượt mở nào của người cho biết ứng dụng.',
    finding: (month, client, share, machines) =>
      markup`Trong ${month}, ${client} dẫn đầu với ${share} lượt mở của người có ứng dụng được biết; ngoài ra máy đã mở ${machines} lần.`,
    trend: {
      title: 'Ứng dụng theo tháng',
      caption: 'Phần trong lượt mở của người có ứng dụng được biết, năm ứng dụng mạnh nhất',
      empty: 'Không tháng nào có lượt mở cho biết ứng dụng.',
      single: (name, share, month) => `${name}: ${share} lượt mở được biết vào ${month}, tháng duy nhất được biết.`,
      finding: (name, first, firstMonth, last, lastMonth) =>
        `${name}: ${first} lượt mở được biết vào ${firstMonth}, ${last} vào ${lastMonth}.`,
    },
    devices: {
      title: 'Lượt mở theo loại thiết bị',
      caption: 'Phần trong lượt mở của người có thiết bị được biết, theo tháng',
      empty: 'Không tháng nào có lượt mở cho biết thiết bị.',
      single: (name, share, month) =>
        `Thiết bị “${name}”: ${share} lượt mở được biết vào ${month}, tháng duy nhất được biết.`,
      finding: (name, first, firstMonth, last, lastMonth) =>
        `Thiết bị “${name}”: ${first} lượt mở được biết vào ${firstMonth}, ${last} vào ${lastMonth}.`,
    },
  },
  subjects: {
    title: 'Tiêu đề thư',
    caption: 'Các tiêu đề được gửi tới nhiều nhất, trên mọi chiến dịch; khoảng tin cậy 95 % theo Wilson',
    empty: 'Không tiêu đề nào có tỷ lệ mở được biết.',
    finding: (best, high, worst, low, isApart) =>
      markup`Trong các tiêu đề được vẽ, “${best}” được mở nhiều nhất (${high}) và “${worst}” ít nhất (${low}); khoảng tin cậy của chúng ${isApart ? 'tách rời nhau, nên khó là ngẫu nhiên' : 'chồng lên nhau, nên có thể là ngẫu nhiên'}.`,
    classes: { short: 'Ngắn (dưới 35)', medium: 'Vừa (35–66)', long: 'Dài (trên 66)' },
    group: (length, hasName) => `${length}, ${hasName ? 'có tên' : 'không có tên'}`,
    lengthTitle: 'Tiêu đề theo độ dài và tên người đọc',
    lengthCaption: 'Mọi tiêu đề, theo số ký tự và theo thẻ trộn tên người đọc',
    lengthFinding: (group, rate) =>
      `Được mở nhiều nhất: ${group}, ${rate}. Các tiêu đề còn khác nhau về nội dung, nên hãy thử nghiệm trước khi tin.`,
    subjectCount: 'Tiêu đề',
  },
  viewTime: {
    title: 'Liếc qua, đọc lướt, đọc kỹ',
    caption: 'Lượt mở đo được thời gian theo chiến dịch: dưới 2 giây, 2 đến 8, trên 8',
    empty: 'Không lượt mở nào của các chiến dịch trong kỳ đo được thời gian.',
    finding: (glanced, skimmed, read, unknown) =>
      `Trong các lượt mở đo được của kỳ, ${glanced} là liếc qua, ${skimmed} đọc lướt và ${read} đọc kỹ; ${unknown} lượt mở không đo được.`,
  },
  replies: {
    title: 'Thư trả lời theo loại',
    caption:
      'Thư trả lời theo chiến dịch; thư tự động, thư báo vắng mặt và thư bị trả lại không phải câu trả lời của ai',
    empty: 'Không có thư trả lời nào cho các chiến dịch của kỳ.',
    finding: (all, warm, automatic) =>
      `${all} thư trả lời cho các chiến dịch của kỳ: ${warm} thiện chí; ${automatic} do máy gửi.`,
  },
  domains: {
    domain: 'Tên miền người nhận',
    unknown: 'không rõ tên miền',
    caption: 'Thư gửi trong kỳ, theo tên miền người nhận',
    empty: 'Không thư nào trong kỳ được biết riêng từng thư.',
    title: {
      bounce_rate: 'Tỷ lệ thư bị trả lại theo tên miền người nhận',
      delivery_rate: 'Tỷ lệ gửi tới theo tên miền người nhận',
      complaint_rate: 'Tỷ lệ khiếu nại theo tên miền người nhận',
    },
    finding: {
      bounce_rate: (high, highRate, low, lowRate) =>
        markup`Trong các tên miền lớn nhất, ${high} trả lại nhiều nhất với ${highRate}, ${low} ít nhất với ${lowRate}.`,
      delivery_rate: (high, highRate, low, lowRate) =>
        markup`Trong các tên miền lớn nhất, ${high} cho qua nhiều nhất với ${highRate}, ${low} ít nhất với ${lowRate}.`,
      complaint_rate: (high, highRate, low, lowRate) =>
        markup`Trong các tên miền lớn nhất, người đọc ở ${high} khiếu nại nhiều nhất với ${highRate}, ở ${low} ít nhất với ${lowRate}.`,
    },
  },
  reasons: {
    title: 'Vì sao thư bị trả lại',
    caption: 'Thư bị trả lại trong kỳ theo lý do được nêu và tên miền người nhận',
    empty: 'Không thư nào bị trả lại trong kỳ.',
    finding: (reason, share, all) => `Trong ${all} thư bị trả lại, ${share} thuộc loại: ${reason}.`,
  },
  reputation: {
    caption: 'Điều các nhà cung cấp tự nêu, và nơi các bản thử đến, mới nhất trước',
    empty: 'Không nhà cung cấp nào nêu uy tín hay tỷ lệ khiếu nại, và không có bản thử nào được gửi.',
  },
  spam: {
    title: 'Kiểm tra spam trước khi gửi',
    caption: 'Các lần kiểm tra, mới nhất trước; điểm từ 0 đến 10, 10 là tốt nhất',
    checked: 'Đã kiểm tra',
    passed: 'đạt',
    failed: 'không đạt',
    finding: (passed, all) => `${passed} trong ${all} lần kiểm tra có điểm đạt ngưỡng.`,
  },
  months: {
    title: 'Lợi nhuận theo tháng ghi sổ',
    caption:
      'Mọi tài khoản, tháng mới nhất trước: chiến dịch + doanh thu khác − chi phí không thuộc chiến dịch nào = lợi nhuận',
    accounts: 'Theo tài khoản, tháng mới nhất trước',
    empty: 'Không tháng nào có khoản tiền được ghi nhận.',
    finding: (best, amount, losses, all) =>
      `Tháng tốt nhất là ${best} với ${amount}; ${losses} trong ${all} tháng bị lỗ.`,
    campaigns: 'Chiến dịch',
    other: 'Doanh thu khác',
    unallocated: 'Chi phí không thuộc chiến dịch nào',
  },
  cohorts: {
    title: 'Giá trị của một lượt đăng ký, từng tháng',
    empty: 'Chưa tháng nào sau khi đăng ký kết thúc.',
    finding: (people, first, last, months, retention) =>
      `Trong ${people} người đăng ký từ ít nhất ${months} tháng trước, mỗi người trung bình mang về ${first} trong tháng đầu và ${last} đến tháng thứ ${months}; trong tháng đó ${retention} vẫn đọc hoặc mua.`,
    curveCaption:
      'Theo số tháng trọn từ khi đăng ký, cùng những người đó trong mọi dòng: ai đã đăng ký đủ lâu để có mặt ở dòng cuối',
    gridCaption: 'Doanh thu mỗi người đăng ký từ khi đăng ký, nhóm mới nhất trước',
    noCohort: (smallest) => `Không tháng đăng ký nào có ít nhất ${smallest} người.`,
    monthsSince: 'Số tháng từ đó',
    after: (months) => `Tháng ${months}`,
    cohorts: 'Số nhóm',
    people: 'Số người',
    revenue: 'Doanh thu mỗi người',
    profit: 'Lợi nhuận mỗi người',
    retention: 'Vẫn đọc hoặc mua',
  },
  backtest: {
    title: 'Dự báo, thử trên các tháng đã qua',
    caption: 'Điều lẽ ra được dự báo từ những gì biết trước đó, bên cạnh điều đã đến',
    empty: 'Chưa đủ tháng có đơn hàng để thử dự báo.',
    finding: (months, predicted, actual, isCovered) =>
      `Với ${months} tháng gần nhất được giữ lại, lẽ ra dự báo ${predicted} và thực tế là ${actual}, ${isCovered ? 'trong' : 'ngoài'} khoảng dự báo.`,
    heldOut: 'Số tháng giữ lại',
    predictedOrders: 'Đơn hàng dự báo',
    actualOrders: 'Đơn hàng thực tế',
    predicted: 'Dự báo',
    low: 'Thấp (95 %)',
    high: 'Cao (95 %)',
    actual: 'Thực tế',
    error: 'Sai số',
    covered: 'Trong khoảng',
  },
};

export const alerts: typeof englishAlerts = {
  heading: 'Cảnh báo',
  intro:
    'Cảnh báo mở khi một con số vượt ngưỡng hoặc rời khỏi mức thường lệ, và đóng khi con số đã trở lại trong nhiều kỳ.',
  counted: (open, all) => `Đang mở: ${open} trong ${all} cảnh báo được ghi.`,
  caption: 'Cảnh báo, đang mở trước',
  empty: 'Không con số nào vượt ngưỡng hay rời khỏi mức thường lệ.',
  severity: 'Mức độ',
  severities: { critical: 'Nghiêm trọng', warning: 'Cảnh báo', info: 'Lưu ý' },
  scope: 'Ở đâu',
  everything: 'cả công ty',
  value: 'Giá trị',
  baseline: 'Thường lệ',
  firstSeen: 'Thấy lần đầu',
  lastSeen: 'Thấy lần cuối',
  closed: 'Đóng',
  stillOpen: 'đang mở',
  method: 'Cách đánh giá',
  noneOpen: 'Không có cảnh báo nào đang mở.',
  open: (count, names) => `Cảnh báo đang mở: ${count} (${names}).`,
};

export const espView: typeof englishView = {
  heading: 'Như dịch vụ e-mail hiển thị',
  intro:
    'Định nghĩa riêng của dịch vụ, tính trên dữ liệu có ở đây, bên cạnh con số mà chính dịch vụ nêu và chỉ số của báo cáo này.',
  caption: 'Các chiến dịch mới nhất của mỗi tài khoản',
  empty: 'Không chiến dịch nào có con số mà dịch vụ hiển thị.',
  shownName: 'Tên ở đó',
  shown: 'Định nghĩa của họ, tính ở đây',
  stated: 'Như họ nêu',
  ours: 'Chỉ số của báo cáo này',
};

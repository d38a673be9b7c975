import { markup } from '../html.ts';
import type {
  audience as englishAudience,
  glossary as englishGlossary,
  quality as englishQuality,
  reconciliation as englishReconciliation,
} from './en-data.ts';

/** Words about audience, agreement with the sources, data quality and the glossary. */
export const audience: typeof englishAudience = {
  heading: 'Người đăng ký',
  intro:
    'Tích cực: đã mở hoặc nhấp trong khoảng thời gian. Thụ động: không, nhưng có trong 180 ngày trước đó. Không hoạt động: không cả hai. Ba nhóm cộng lại là mọi người được gửi thư trong khoảng đó.',
  classes: {
    title: 'Người đọc tích cực, thụ động và không hoạt động (90 ngày)',
    finding: (active, passive, inactive) =>
      `Trong số người được gửi thư 90 ngày qua, ${active} tích cực, ${passive} thụ động và ${inactive} không hoạt động.`,
    empty: 'Chưa ngày nào có thư gửi.',
    caption: 'Cả công ty, 90 ngày, mỗi tuần một ngày',
    bases: { human: 'Người', 'human+unknown': 'Người và không phân biệt được' },
  },
  rates: {
    title: 'Người đọc tích cực theo khoảng thời gian',
    finding: (now, side, threshold, change) =>
      `Với ${now} trong 90 ngày, tỷ lệ người đọc tích cực ${side === 'above' ? 'trên' : 'dưới'} mức ${threshold} cần hành động${change === null ? '' : `, ${change} điểm so với 90 ngày trước`}.`,
    plain: (now) => `${now} trong 90 ngày.`,
    window: (days) => `${days} ngày`,
    threshold: (value) => `hành động khi dưới ${value}`,
    caption: 'Tỷ lệ tích cực, mỗi tuần một ngày',
  },
  growth: {
    title: 'Ai đến và ai đi',
    finding: (arrived, left, net, imported, hasFirstDay) =>
      `Trong kỳ có ${arrived} lượt thành viên danh sách bắt đầu hoặc trở lại và ${left} lượt kết thúc: còn lại ${net}.${imported === null ? '' : ` Đợt nhập đến ${imported} chỉ có trong bảng.`}${hasFirstDay ? ' Ngày đầu của mỗi danh sách, khi mọi người đã có trong đó được tính là mới, chỉ có trong bảng.' : ''}`,
    empty: 'Chưa danh sách nào có thành viên.',
    caption: 'Mọi danh sách, theo tháng',
    joined: 'Đến hoặc trở lại',
    unsubscribed: 'Hủy đăng ký',
    removed: 'Bị loại hoặc xóa',
  },
  size: {
    title: 'Thành viên theo danh sách',
    finding: (total, largest, count) =>
      markup`${total} lượt thành viên danh sách: ai ở hai danh sách được tính hai lần. Danh sách lớn nhất (${largest}) có ${count}.`,
    caption: 'Lượt thành viên danh sách vào cuối mỗi tháng',
  },
  engagement: {
    title: 'Người đăng ký theo nhóm',
    finding: (share, active) =>
      `Người đọc tích cực mang về ${share} toàn bộ giá trị vòng đời; họ chiếm ${active} số người được biết.`,
    noneActive: 'Không ai mở hay nhấp trong 90 ngày qua, hoặc chưa ai mang về điều gì.',
    caption: 'Mọi người được biết, 90 ngày',
    classes: {
      active: 'Tích cực',
      passive: 'Thụ động',
      inactive: 'Không hoạt động',
      not_mailed: 'Không được gửi',
      unknown: 'Không rõ',
    },
    people: 'Số người',
    orders: 'Đơn hàng',
    value: 'Giá trị vòng đời đến nay',
  },
  value: {
    title: 'Giá trị vòng đời: phân bố ra sao',
    finding: (without, top) =>
      `${without} số người chưa đặt hàng lần nào; một phần mười cao nhất mang về ${top} toàn bộ giá trị.`,
    caption: 'Số người theo giá trị vòng đời đến nay',
    none: 'Chưa có gì',
    loss: 'Dưới 0',
    range: (from, to) => `${from}–${to}`,
    above: (from) => `trên ${from}`,
    band: 'Giá trị vòng đời đến nay',
    people: 'Số người',
    empty: 'Chưa biết người đăng ký nào.',
  },
  cohorts: {
    title: 'Giá trị mỗi người đăng ký theo tháng đăng ký',
    finding: (best, value) =>
      `Người đăng ký vào ${best} đến nay mang về nhiều nhất: ${value} mỗi người. Các nhóm trẻ hơn có ít thời gian hơn.`,
    empty: 'Không rõ tháng đăng ký nào.',
    caption: 'Các nhóm theo tháng đăng ký, đến nay',
    people: 'Số người',
    buyers: 'Có đơn hàng',
    perPerson: 'Giá trị mỗi người',
    unknown: 'Không rõ',
  },
};

export const reconciliation: typeof englishReconciliation = {
  heading: 'Đối chiếu với các nguồn',
  intro: 'Những gì đếm được ở đây từ từng người nhận và từng sự kiện, so với các tổng mà mỗi nguồn tự nêu.',
  empty: 'Không nguồn nào nêu tổng để so sánh.',
  chart: {
    title: 'Các tổng được so sánh, theo số đo',
    finding: (equal, explained, unexplained) =>
      `${equal} tổng bằng nhau, ${explained} khác vì lý do đã biết, ${unexplained} khác mà không rõ lý do.`,
    caption: 'Chiến dịch theo kết quả và số đo',
    equal: 'Bằng nhau',
    explained: 'Lý do đã biết',
    unexplained: 'Không giải thích được',
    gap: 'Tổng chênh lệch',
  },
  unexplained: 'Chênh lệch không giải thích được, lớn nhất trước',
  noneUnexplained: 'Không có chênh lệch nào không giải thích được.',
  explained: 'Chênh lệch có lý do đã biết, lớn nhất trước',
  noneExplained: 'Không có chênh lệch nào có lý do đã biết.',
  measures: {
    sent: 'Đã gửi',
    delivered: 'Đã tới',
    hard_bounces: 'Trả lại vĩnh viễn',
    soft_bounces: 'Trả lại tạm thời',
    opens_total: 'Mọi lượt mở',
    unique_opens: 'Người mở',
    proxy_excluded_opens: 'Lượt mở không qua proxy',
    proxy_excluded_unique_opens: 'Người mở không qua proxy',
    clicks_total: 'Mọi lượt nhấp',
    unique_subscriber_clicks: 'Người nhấp',
    unsubscribed: 'Hủy đăng ký',
    abuse_reports: 'Khiếu nại',
    orders: 'Đơn hàng',
    revenue: 'Doanh thu',
  },
};

export const quality: typeof englishQuality = {
  heading: 'Chất lượng dữ liệu',
  intro: 'Dữ liệu đến từ đâu: điều gì bị từ chối, mỗi luồng đã đọc gì, và các lần chạy gần đây.',
  quarantine: 'Bản ghi bị từ chối chưa được sửa, theo lý do',
  noQuarantine: 'Không còn bản ghi nào bị từ chối.',
  streams: 'Các luồng, lần đọc cuối',
  noStreams: 'Chưa đọc luồng nào.',
  runs: 'Các lần chạy gần đây',
  noRuns: 'Không có lần chạy nào được ghi lại.',
  models: 'Mô hình và kiểm tra không đạt',
  noModels: (count) => `Tất cả ${count} mô hình và kiểm tra đều đạt.`,
  columns: {
    finished_at: 'Kết thúc',
    started_at: 'Bắt đầu',
    rows_read: 'Đã đọc',
    rows_inserted: 'Mới',
    rows_updated: 'Thay đổi',
    rows_deleted: 'Đã mất',
    rows_quarantined: 'Bị từ chối',
    requests: 'Yêu cầu',
    missing: 'Thiếu hoặc trống',
    open_count: 'Bản ghi',
    first_at: 'Đầu tiên',
    last_at: 'Cuối cùng',
    run_id: 'Lần chạy',
    status: 'Kết quả',
    message: 'Thông báo',
    kind: 'Loại',
    name: 'Tên',
  },
  states: { done: 'Xong', failed: 'Thất bại', cancelled: 'Đã hủy', running: 'Đang chạy' },
};

export const glossary: typeof englishGlossary = {
  heading: 'Từ điển chỉ số',
  intro: 'Từ danh mục chỉ số, danh sách chỉ số duy nhất.',
  formula: 'Công thức',
  grain: 'Mỗi giá trị cho',
  threshold: 'Ngưỡng',
  caution: 'Lưu ý khi đọc',
  all: (count) => `Tất cả ${count} chỉ số`,
};

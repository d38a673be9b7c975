/** Why a number is missing or not whole, as the marts say it. `{}` stands for a number or a code. */
export const reasons: Readonly<Record<string, string>> = {
  'the first day of a list is left out: it brings everyone who was on it already':
    'không tính ngày đầu của một danh sách: ngày đó mang vào mọi người đã có trong danh sách',
  'open tracking is off': 'đã tắt theo dõi lượt mở',
  'click tracking is off': 'đã tắt theo dõi lượt nhấp',
  'devices of opens are not known yet': 'chưa biết thiết bị của lượt mở',
  'no reply mailbox is connected': 'chưa kết nối hộp thư trả lời',
  'source does not state the amount of partial refunds': 'nguồn không nêu số tiền hoàn một phần',
  'source has no per-recipient opens': 'nguồn không có lượt mở theo từng người nhận',
  'no mail to them has a known day': 'không thư nào gửi cho họ có ngày được biết',
  'source has no per-recipient clicks': 'nguồn không có lượt nhấp theo từng người nhận',
  'no click could be told from a scanner': 'không phân biệt được lượt nhấp nào với máy quét',
  'no open could be told from a machine': 'không phân biệt được lượt mở nào với máy',
  'source states orders by variant, not buyers': 'nguồn nêu đơn hàng theo biến thể, không nêu người mua',
  'source does not tell machine clicks by variant': 'nguồn không cho biết lượt nhấp của máy theo biến thể',
  'source does not tell machine opens by variant': 'nguồn không cho biết lượt mở của máy theo biến thể',
  'single events are incomplete, and totals do not tell machine opens':
    'các sự kiện riêng lẻ chưa đủ, và các tổng không cho biết lượt mở của máy',
  'single events are incomplete, and totals do not tell machine clicks':
    'các sự kiện riêng lẻ chưa đủ, và các tổng không cho biết lượt nhấp của máy',
  'single events are incomplete, and totals do not tell devices':
    'các sự kiện riêng lẻ chưa đủ, và các tổng không cho biết thiết bị',
  'known in totals only, which leave soft bounces out': 'chỉ biết qua các tổng, không gồm thư trả lại tạm thời',
  'known in totals only, which leave bounces out': 'chỉ biết qua các tổng, không gồm thư bị trả lại',
  'no open tells its device: proxies hide it': 'không lượt mở nào cho biết thiết bị: máy chủ trung gian che đi',
  'the newest campaign of the account is not known recipient by recipient':
    'chiến dịch mới nhất của tài khoản không được biết theo từng người nhận',
  '{} messages are known in totals only': '{} thư chỉ được biết qua các tổng',
  'the sending of some delivered messages is not known': 'không rõ lần gửi của một số thư đã tới',
  'a hold-out was sent nothing to open': 'nhóm giữ lại không được gửi gì để mở',
  'a hold-out was sent nothing to click': 'nhóm giữ lại không được gửi gì để nhấp',
  'more people are named with this variant than were assigned to it':
    'số người được nêu với biến thể này nhiều hơn số được phân cho nó',
  'no answer is classified': 'chưa thư trả lời nào được phân loại',
  'no answer is known since it was sent': 'từ khi gửi chưa biết thư trả lời nào',
  'the URL occurs more than once, its clicks stand on the first link':
    'URL xuất hiện nhiều lần, lượt nhấp được tính cho liên kết đầu tiên',
  'the month is not over': 'tháng chưa kết thúc',
  'no first day is known': 'không rõ ngày đầu tiên',
  'messages not known one by one': 'thư không được biết từng cái một',
  'dropped messages counted as sent': 'thư bị bỏ được tính là đã gửi',
  'source does not tell machine opens': 'nguồn không cho biết lượt mở của máy',
  'source does not tell machine clicks': 'nguồn không cho biết lượt nhấp của máy',
  'source states no unique clicks by link': 'nguồn không nêu lượt nhấp duy nhất theo liên kết',
  'source states no totals by link': 'nguồn không nêu tổng theo liên kết',
  'source states no sends': 'nguồn không nêu số thư gửi',
  'source states no revenue by variant': 'nguồn không nêu doanh thu theo biến thể',
  'source states no refunds by variant': 'nguồn không nêu tiền hoàn theo biến thể',
  'source states no orders by variant': 'nguồn không nêu đơn hàng theo biến thể',
  'source has no unsubscribes by campaign': 'nguồn không có số hủy đăng ký theo chiến dịch',
  'source has no forwards': 'nguồn không có lượt chuyển tiếp',
  'source has no complaints': 'nguồn không có khiếu nại',
  'source has no bounces': 'nguồn không có thư bị trả lại',
  'no rule gives a conversion a value, counted as 0': 'không quy tắc nào cho chuyển đổi một giá trị, tính là 0',
  '{} of {} orders state none, counted as {}': '{} trong {} đơn hàng không nêu, tính là {}',
  'no FX rate for {}': 'không có tỷ giá cho {}',
  'conversions are not attributed to links yet': 'chuyển đổi chưa được ghi nhận cho liên kết',
  'message bodies are not read yet': 'chưa đọc nội dung thư',
  'deleted members': 'thành viên đã bị xóa',
  'event cap of {} per member': 'giới hạn {} sự kiện mỗi thành viên',
  'the projection is not built yet': 'chưa lập dự báo',
  'costs of the campaign that name no variant are not in it':
    'chi phí của chiến dịch không nêu biến thể không nằm trong số này',
  'needs the revenue of single recipients, two a group and some of them different':
    'cần doanh thu của từng người nhận, mỗi nhóm hai người và có chênh lệch',
  'sent before the first campaign whose answers are known': 'gửi trước chiến dịch đầu tiên có thư trả lời được biết',
  '{} answers are not classified': '{} thư trả lời chưa được phân loại',
  'no tool measured how long it was looked at': 'không công cụ nào đo thời gian xem',
  'no open could be measured': 'không lượt mở nào đo được',
  'no seed-list test of the day': 'không có lần thử danh sách mẫu nào trong ngày',
  'no provider states one for the day': 'không nhà cung cấp nào nêu cho ngày đó',
  'no campaign of it has a known open rate': 'không chiến dịch nào của nó có tỷ lệ mở được biết',
  'recipients who bounced have opened': 'người nhận có thư bị trả lại đã mở',
  'the tool gave no score': 'công cụ không cho điểm',
  'the tool sent no copies to test mailboxes': 'công cụ không gửi bản nào đến hộp thư thử',
  'it is not known how many were delivered': 'không rõ bao nhiêu thư đã tới',
  'the month is not closed yet': 'tháng chưa được đóng',
  'closed in {}': 'đã đóng bằng {}',
  'the single sends of an automation have no time': 'từng thư của một chuỗi tự động không có thời điểm',
  'no user agent tells the client of these opens': 'không user agent nào cho biết ứng dụng của các lượt mở này',
  'no open by a person tells its client': 'không lượt mở nào của người cho biết ứng dụng',
  'the campaign states no time of sending': 'chiến dịch không nêu thời điểm gửi',
  threshold: 'ngưỡng',
  'difference to the control with its {} % Newcombe hybrid score interval':
    'chênh lệch so với đối chứng với khoảng tin cậy {} % theo phương pháp Newcombe',
  'best: posteriors Beta(1 + successes, 1 + failures) of all variants, the control included':
    'tốt nhất: phân phối hậu nghiệm Beta(1 + thành công, 1 + thất bại) của mọi biến thể, kể cả đối chứng',
  'p: two-sided two-proportion z-test, pooled': 'p: kiểm định z hai phía cho hai tỷ lệ, gộp',
  'source tells no device of an open': 'nguồn không cho biết thiết bị của lượt mở',
  'power for the observed difference {} % < {} %: about {} recipients a variant needed':
    'lực kiểm định cho chênh lệch quan sát {} % < {} %: cần khoảng {} người nhận mỗi biến thể',
  'expected successes or failures {} < {}: no verdict possible':
    'số thành công hoặc thất bại kỳ vọng {} < {}: không thể kết luận',
  '{} variants against one control need more recipients still':
    '{} biến thể so với một đối chứng còn cần thêm người nhận',
  "verdict: p after Holm's correction for {} comparisons < {}":
    'kết luận: p sau hiệu chỉnh Holm cho {} phép so sánh < {}',
  'verdict: p value < {}': 'kết luận: giá trị p < {}',
  "incremental revenue: {} % interval, Welch's t on revenue per recipient":
    'doanh thu tăng thêm: khoảng tin cậy {} %, t của Welch trên doanh thu mỗi người nhận',
  'too few orders: {} people bought on two days or more, {} are needed':
    'quá ít đơn hàng: {} người mua vào hai ngày trở lên, cần {} người',
  'too few orders: {} people bought after they were first seen, {} are needed':
    'quá ít đơn hàng: {} người mua sau lần đầu được thấy, cần {} người',
  'the totals do not tell': 'các tổng không cho biết',
  'one-sided negative binomial test against the account’s own past year (quasi-Poisson rate with weekday and month factors, past outliers down-weighted; Farrington et al. 1996, Noufaily et al. 2013)':
    'kiểm định nhị thức âm một phía so với chính năm qua của tài khoản (tỷ lệ quasi-Poisson với hệ số thứ trong tuần và tháng, giảm trọng số các ngoại lệ đã qua; Farrington và cộng sự 1996, Noufaily và cộng sự 2013)',
  'one-sided robust z-test against the account’s own past year (median, MAD × 1.4826; Iglewicz & Hoaglin 1993), the campaign’s own sampling error added':
    'kiểm định z bền vững một phía so với chính năm qua của tài khoản (trung vị, MAD × 1,4826; Iglewicz & Hoaglin 1993), cộng thêm sai số lấy mẫu của chiến dịch',
  'orders of the next 365 days by MBG/NBD (Batislam et al. 2007, after Fader, Hardie & Lee 2005) and Gamma-Gamma (Fader & Hardie 2013), fitted by maximum likelihood to all subscribers; 95 % interval of seeded draws, without the uncertainty of the fitted parameters':
    'đơn hàng trong 365 ngày tới theo MBG/NBD (Batislam và cộng sự 2007, theo Fader, Hardie & Lee 2005) và Gamma-Gamma (Fader & Hardie 2013), khớp bằng hợp lý cực đại cho mọi người đăng ký; khoảng 95 % từ các lần rút có hạt giống, không kể độ bất định của tham số đã khớp',
};

import { reasons } from './vi-reasons.ts';

/** The catalog's texts, by their English: a text that changes has to be translated anew. `{}` stands for a number or a code. */
export const phrases: Readonly<Record<string, string>> = {
  ...reasons,
  'Open rate': 'Tỷ lệ mở',
  'Did the subject line reach the right people?': 'Tiêu đề thư có đến đúng người không?',
  campaign: 'chiến dịch',
  'since the send, to date': 'từ lúc gửi đến nay',
  'Image blocking hides readers, proxies without a flag add some; a person counts once a campaign':
    'Chặn hình ảnh che khuất một số người đọc, proxy không được đánh dấu thêm vào một số; mỗi người tính một lần mỗi chiến dịch',
  "Compare with the account's own median and the vendor's industry figure":
    'So với trung vị của chính tài khoản và con số ngành của nhà cung cấp',
  'article, metric {}': 'bài viết, chỉ số {}',
  'article, metrics {} and {}': 'bài viết, chỉ số {} và {}',
  'The report shows opens without mail proxies (Apple Mail Privacy Protection) beside the rate with them; other machines stay in':
    'Báo cáo của họ hiển thị lượt mở không qua proxy thư (Apple Mail Privacy Protection) bên cạnh tỷ lệ có proxy; các máy khác vẫn được tính',
  'Counts machine opens; human opens are those whose event is not flagged sg_machine_open, so it is NULL where single events are incomplete':
    'Tính cả lượt mở của máy; lượt mở của người là sự kiện không có cờ sg_machine_open, nên là NULL khi các sự kiện riêng lẻ không đầy đủ',
  'Unique opens without those of bots where its bot filter is on, in percent':
    'Người mở không kể bot khi bộ lọc bot được bật, tính bằng phần trăm',
  'Divides by sends without bounces; since 2026 proxy opens are left out':
    'Chia cho số thư gửi trừ thư bị trả lại; từ 2026 không tính lượt mở qua proxy',
  'Open rate as reported': 'Tỷ lệ mở theo báo cáo',
  'What does the e-mail service itself show as open rate?': 'Chính dịch vụ e-mail hiển thị tỷ lệ mở là bao nhiêu?',
  'Too high, because machines that fetch images count as readers': 'Quá cao, vì máy tải hình ảnh bị tính là người đọc',
  'The same number, as a fraction of 4 digits; list statistics show it as 0-100':
    'Cùng một con số, dạng phân số 4 chữ số; thống kê danh sách hiển thị theo thang 0-100',
  'unique_opens / delivered of its totals; the same number where its events are complete':
    'unique_opens / delivered trong các tổng của họ; cùng một con số khi sự kiện đầy đủ',
  'Unique opens / delivered, in percent; bots are left out where its filter is on':
    'Người mở / thư đã tới, tính bằng phần trăm; bot bị loại khi bộ lọc được bật',
  'Unique openers / recipients who received it, in percent': 'Người mở / người nhận được thư, tính bằng phần trăm',
  'Divides by sent, not by delivered': 'Chia cho thư đã gửi, không phải thư đã tới',
  'Opened / delivered, but a click counts as an open too, so it is higher where images are blocked':
    'Đã mở / đã tới, nhưng một lượt nhấp cũng tính là mở, nên cao hơn khi hình ảnh bị chặn',
  'Divides by sent, not by delivered (classic product)':
    'Chia cho thư đã gửi, không phải thư đã tới (sản phẩm cổ điển)',
  'Counts only: UniqueOpened beside Recipients and Bounced':
    'Chỉ có số đếm: UniqueOpened bên cạnh Recipients và Bounced',
  'Counts only: unique_opens beside num_emailed': 'Chỉ có số đếm: unique_opens bên cạnh num_emailed',
  'Single events only (emailOpened); totals of a mail are not among its documented calls':
    'Chỉ có sự kiện riêng lẻ (emailOpened); tổng của một thư không có trong các lệnh được mô tả',
  'Opens per opener': 'Số lần mở mỗi người mở',
  'Do readers come back, or was the mail too long for one read?':
    'Người đọc có quay lại, hay thư quá dài cho một lần đọc?',
  'Forwarded copies count as opens of the first recipient':
    'Bản chuyển tiếp được tính là lượt mở của người nhận đầu tiên',
  'Many re-opens mean content too long for one read': 'Nhiều lượt mở lại nghĩa là nội dung quá dài cho một lần đọc',
  'Shown as a total beside unique opens, not as a ratio, and with proxy opens':
    'Hiển thị dưới dạng tổng bên cạnh số người mở, không phải tỷ số, và kể cả lượt mở qua proxy',
  'Shown as a total beside unique opens, with machine opens':
    'Hiển thị dưới dạng tổng bên cạnh số người mở, kể cả lượt mở của máy',
  'Opens per opener as reported': 'Số lần mở mỗi người mở theo báo cáo',
  'How often was the mail opened per opener, machines included?': 'Mỗi người mở đã mở thư bao nhiêu lần, kể cả máy?',
  'Machines re-fetch images, which looks like re-reading': 'Máy tải lại hình ảnh, trông như đọc lại',
  'opens_total / unique_opens of the report': 'opens_total / unique_opens của báo cáo',
  'opens / unique_opens of its totals': 'opens / unique_opens trong các tổng của họ',
  'Counts only: TotalOpened beside UniqueOpened': 'Chỉ có số đếm: TotalOpened bên cạnh UniqueOpened',
  'Mobile open rate': 'Tỷ lệ mở trên di động',
  'How many readers open on a telephone?': 'Bao nhiêu người đọc mở thư trên điện thoại?',
  'Openers whose device is not known (Gmail and Apple Mail read through proxies) are in neither number; tablets count as a known device, not as mobile':
    'Người mở không rõ thiết bị (Gmail và Apple Mail đọc qua proxy) không nằm trong số nào; máy tính bảng là thiết bị được biết, không phải di động',
  'Subject under 35 characters for telephones, 66 on a desktop':
    'Tiêu đề dưới 35 ký tự cho điện thoại, 66 trên máy tính',
  'Opens of the whole account by day, not openers of a campaign; opens through proxies count as webmail':
    'Lượt mở của cả tài khoản theo ngày, không phải người mở của một chiến dịch; mở qua proxy tính là webmail',
  'Bounce rate': 'Tỷ lệ thư bị trả lại',
  'How much of the list can no longer be reached?': 'Bao nhiêu phần danh sách không còn liên lạc được?',
  'Recipients deleted since the send can no longer be seen': 'Không còn thấy được người nhận đã bị xóa từ sau khi gửi',
  '70 of 100 bounced counts as spam': '70 trong 100 thư bị trả lại thì bị coi là spam',
  'hard_bounces + soft_bounces of the report, as a count; syntax_errors stay apart':
    'hard_bounces + soft_bounces của báo cáo, dạng số đếm; syntax_errors để riêng',
  'Its totals of a single send leave blocks (soft bounces) out, so that only single events give it':
    'Tổng của một lần gửi không kể thư bị chặn (trả lại tạm thời), nên chỉ sự kiện riêng lẻ mới cho biết',
  'Hard and soft bounces / sent, in percent': 'Trả lại vĩnh viễn và tạm thời / đã gửi, tính bằng phần trăm',
  'Hard + soft; a delivered mail that bounces later is taken off its deliveries':
    'Vĩnh viễn + tạm thời; thư đã tới mà sau đó bị trả lại sẽ bị trừ khỏi số đã tới',
  'Bounces of every kind, vacation replies and blocks too, / sends':
    'Mọi loại thư bị trả lại, kể cả thư báo vắng mặt và bị chặn, / thư gửi',
  'One total without hard or soft': 'Một tổng không phân biệt vĩnh viễn hay tạm thời',
  'One count of the campaign': 'Một số đếm của chiến dịch',
  'Hard bounces only': 'Chỉ thư bị trả lại vĩnh viễn',
  'Hard bounce rate': 'Tỷ lệ trả lại vĩnh viễn',
  'Which share of addresses does not exist any more?': 'Phần địa chỉ nào không còn tồn tại?',
  'A recipient with both kinds counts as hard': 'Người nhận có cả hai loại được tính là vĩnh viễn',
  'Shown as a count': 'Hiển thị dưới dạng số đếm',
  'Events of type bounce, delayed ones included; shown as a count':
    'Sự kiện loại bounce, kể cả bị chậm; hiển thị dưới dạng số đếm',
  'In percent': 'Tính bằng phần trăm',
  'Soft bounce rate': 'Tỷ lệ trả lại tạm thời',
  'Which share failed for a reason that may pass?': 'Phần nào thất bại vì lý do có thể qua đi?',
  'A soft bounce that was delivered later is none': 'Thư trả lại tạm thời mà sau đó đã tới thì không tính',
  'A block is a soft bounce; shown as a count': 'Bị chặn là trả lại tạm thời; hiển thị dưới dạng số đếm',
  'Events of type blocked; not among the totals of a single send':
    'Sự kiện loại blocked; không có trong các tổng của một lần gửi',
  'Delivery rate (reach)': 'Tỷ lệ gửi tới (độ tiếp cận)',
  'How many of those we wrote to did we reach?': 'Trong số người được viết thư, ta đã tới được bao nhiêu?',
  'Delivered to the provider is not delivered to the inbox': 'Tới nhà cung cấp chưa phải là tới hộp thư đến',
  'The same number, shown as a count': 'Cùng một con số, hiển thị dưới dạng số đếm',
  'Divides by requests; dropped mails, which were never sent, are not in ours':
    'Chia cho số yêu cầu; thư bị bỏ, chưa bao giờ gửi, không có trong số của ta',
  'Divides by the recipients selected, those it then suppressed included; in percent':
    'Chia cho số người nhận được chọn, kể cả người sau đó bị loại; tính bằng phần trăm',
  'Falls later, when a bounce follows a delivery': 'Giảm về sau, khi thư đã tới lại bị trả lại',
  'Sends without bounces, in percent': 'Thư gửi trừ thư bị trả lại, tính bằng phần trăm',
  'Click rate': 'Tỷ lệ nhấp',
  'How many of those reached clicked?': 'Trong số người nhận được thư, bao nhiêu người đã nhấp?',
  'Scanners that follow only some of the links are not recognised':
    'Máy quét chỉ mở một số liên kết thì không nhận ra được',
  'Its report divides unique clicks per link, not clickers, by deliveries, and counts link scanners':
    'Báo cáo của họ chia lượt nhấp duy nhất theo liên kết, không phải người nhấp, cho số thư đã tới, và tính cả máy quét liên kết',
  'Counts the clicks of link scanners': 'Tính cả lượt nhấp của máy quét liên kết',
  'Unique clicks / delivered without those of bots, in percent; its click-through rate is another number':
    'Người nhấp / thư đã tới không kể bot, tính bằng phần trăm; click-through rate của họ là con số khác',
  'Click rate as reported': 'Tỷ lệ nhấp theo báo cáo',
  'What is the click rate with link scanners counted?': 'Tỷ lệ nhấp là bao nhiêu khi tính cả máy quét liên kết?',
  'Too high where security software follows links': 'Quá cao ở nơi phần mềm bảo mật mở liên kết',
  'First clicks of every link and recipient / deliveries: who clicks two links counts twice':
    'Lượt nhấp đầu của mỗi liên kết và người nhận / thư đã tới: ai nhấp hai liên kết được tính hai lần',
  'All clicks / delivered: who clicks twice counts twice':
    'Mọi lượt nhấp / thư đã tới: ai nhấp hai lần được tính hai lần',
  'Unique clicks / delivered, in percent': 'Người nhấp / thư đã tới, tính bằng phần trăm',
  'Unique clickers / recipients who received it, in percent': 'Người nhấp / người nhận được thư, tính bằng phần trăm',
  'Unique clicks / sends without bounces, in percent': 'Người nhấp / thư gửi trừ thư bị trả lại, tính bằng phần trăm',
  'Of sent or of delivered: its users cannot tell which':
    'Trên thư đã gửi hay thư đã tới: người dùng của họ không biết được',
  'Counts every link clicked as unique': 'Tính mỗi liên kết được nhấp là duy nhất',
  'Counts only': 'Chỉ có số đếm',
  'One count; whether it is of people is not documented': 'Một số đếm; không nói rõ có phải đếm người hay không',
  'Click-to-open rate': 'Tỷ lệ nhấp trên người mở',
  'Did the content keep what the subject promised?': 'Nội dung có giữ lời hứa của tiêu đề không?',
  'Above 1 is possible, because a click needs no loaded image': 'Có thể trên 1, vì nhấp không cần tải hình ảnh',
  "7.77 % is the article's average CTR": '7,77 % là CTR trung bình theo bài viết',
  'Divides by all unique opens, proxies included': 'Chia cho mọi người mở, kể cả proxy',
  'Divides by all unique opens, machines included': 'Chia cho mọi người mở, kể cả máy',
  'Exactly this: clickers / openers. What others call CTR is its click rate':
    'Chính là số này: người nhấp / người mở. Điều nơi khác gọi là CTR thì ở đây là click rate',
  'Click-to-open rate as reported': 'Tỷ lệ nhấp trên người mở theo báo cáo',
  'What is the click-to-open rate with machines counted?': 'Tỷ lệ nhấp trên người mở là bao nhiêu khi tính cả máy?',
  'Too low, because machine openers do not click': 'Quá thấp, vì máy mở thư mà không nhấp',
  'unique_subscriber_clicks / unique_opens of the report': 'unique_subscriber_clicks / unique_opens của báo cáo',
  'unique_clicks / unique_opens of its totals': 'unique_clicks / unique_opens trong các tổng của họ',
  'Clickers / openers, in percent: the same formula under the name that others give to clicks / delivered':
    'Người nhấp / người mở, tính bằng phần trăm: cùng công thức dưới cái tên mà nơi khác dùng cho nhấp / đã tới',
  'Clicks among those who opened': 'Lượt nhấp trong số người đã mở',
  'Clicks on links, machines included': 'Lượt nhấp vào liên kết, kể cả của máy',
  'Which link brings people to the page?': 'Liên kết nào đưa người đọc đến trang?',
  'campaign × link': 'chiến dịch × liên kết',
  "Clicks of recipients deleted since are only in the vendor's total":
    'Lượt nhấp của người nhận đã bị xóa chỉ có trong tổng của nhà cung cấp',
  'total_clicks of click-details, with the clicks of deleted members':
    'total_clicks của click-details, kể cả lượt nhấp của thành viên đã bị xóa',
  'By link and place in the mail; links that nobody clicked are not listed':
    'Theo liên kết và vị trí trong thư; liên kết không ai nhấp thì không được liệt kê',
  'Human share of clicks': 'Phần lượt nhấp của người',
  "How much of a link's traffic is people?": 'Bao nhiêu phần lượt nhấp của liên kết là của người?',
  'Scanners that follow only some of the links count as people': 'Máy quét chỉ mở một số liên kết bị tính là người',
  Unsubscribes: 'Số người hủy đăng ký',
  'How many left because of this e-mail?': 'Bao nhiêu người rời đi vì thư này?',
  'People who return later still count': 'Người trở lại sau đó vẫn được tính',
  "Worry only when it rises markedly over the account's usual level":
    'Chỉ lo khi tăng rõ rệt so với mức thường lệ của tài khoản',
  'Without members deleted since': 'Không kể thành viên đã bị xóa từ đó',
  'From an unsubscribe group or from everything, a recipient once':
    'Từ một nhóm hủy đăng ký hoặc từ tất cả, mỗi người nhận một lần',
  'The same count': 'Cùng một số đếm',
  'total_unsubscribed; who was removed for bouncing is among them':
    'total_unsubscribed; kể cả người bị loại vì thư bị trả lại',
  'Unsubscribe rate': 'Tỷ lệ hủy đăng ký',
  'What share of those reached left because of this e-mail?': 'Phần nào của người nhận được thư đã rời đi vì thư này?',
  'Who only stops reading is not in it': 'Ai chỉ ngừng đọc thì không nằm trong số này',
  'unsubscribed / deliveries of the report': 'unsubscribed / số thư đã tới của báo cáo',
  'Of the recipients who received it, in percent': 'Trên người nhận được thư, tính bằng phần trăm',
  'Of sends without bounces, in percent': 'Trên thư gửi trừ thư bị trả lại, tính bằng phần trăm',
  'Complaint rate': 'Tỷ lệ khiếu nại',
  'How many of those reached called it spam?': 'Bao nhiêu người nhận được thư đã gọi đó là spam?',
  'Gmail sends no complaint to the e-mail service, so the count is too low':
    'Gmail không gửi khiếu nại cho dịch vụ e-mail, nên số đếm quá thấp',
  'Mailbox providers ask for less than 0.3 %': 'Các nhà cung cấp hộp thư yêu cầu dưới 0,3 %',
  'Google and Yahoo sender rules': 'Quy định cho người gửi của Google và Yahoo',
  'In percent of delivered': 'Tính bằng phần trăm thư đã tới',
  'Complaint rate per sent': 'Tỷ lệ khiếu nại trên thư đã gửi',
  "Does the campaign stay under the article's 5 % of what was sent?":
    'Chiến dịch có dưới mức 5 % thư đã gửi theo bài viết không?',
  'Complaints under 5 % of what is sent': 'Khiếu nại dưới 5 % thư đã gửi',
  'Open rate by subject': 'Tỷ lệ mở theo tiêu đề',
  'Which subject lines are opened?': 'Tiêu đề nào được mở?',
  subject: 'tiêu đề',
  'Subjects differ in audience and day too; the interval (Wilson, 95 %) tells how much of a difference may be luck':
    'Các tiêu đề còn khác nhau về người nhận và ngày; khoảng tin cậy (Wilson, 95 %) cho biết bao nhiêu phần chênh lệch có thể là may rủi',
  'The article wants subjects under 35 characters on telephones and 66 on a desktop; a name in the subject brings 26 % more opens':
    'Bài viết muốn tiêu đề dưới 35 ký tự trên điện thoại và 66 trên máy tính; có tên trong tiêu đề tăng 26 % lượt mở',
  'Bounce rate by domain': 'Tỷ lệ bị trả lại theo tên miền',
  'Which mailbox providers turn our mails away?': 'Nhà cung cấp hộp thư nào từ chối thư của ta?',
  'day × recipient domain': 'ngày × tên miền người nhận',
  'messages sent on the day': 'thư gửi trong ngày',
  'Messages whose domain is not known are in the row unknown': 'Thư không rõ tên miền nằm ở dòng unknown',
  'Shown by campaign, not by domain; its API gives no reason':
    'Hiển thị theo chiến dịch, không theo tên miền; API không nêu lý do',
  'Its mailbox provider statistics are by provider, and count blocks apart':
    'Thống kê của họ theo nhà cung cấp hộp thư, và đếm riêng thư bị chặn',
  'Hard bounce rate by domain': 'Tỷ lệ trả lại vĩnh viễn theo tên miền',
  'Where do addresses no longer exist?': 'Ở đâu địa chỉ không còn tồn tại?',
  'Soft bounce rate by domain': 'Tỷ lệ trả lại tạm thời theo tên miền',
  'Where do mails fail for a reason that may pass?': 'Ở đâu thư thất bại vì lý do có thể qua đi?',
  'A block is a soft bounce': 'Bị chặn là trả lại tạm thời',
  'Delivery rate by domain': 'Tỷ lệ gửi tới theo tên miền',
  'Which mailbox providers let us through?': 'Nhà cung cấp hộp thư nào cho ta qua?',
  'Delivered to the provider is not delivered to the inbox: placement tells that':
    'Tới nhà cung cấp chưa phải là tới hộp thư đến: vị trí thư mới cho biết',
  'Complaint rate by domain': 'Tỷ lệ khiếu nại theo tên miền',
  'Whose readers call us spam?': 'Người đọc ở đâu gọi ta là spam?',
  'Gmail sends no complaint to the e-mail service: see provider_complaint_rate, which it states itself':
    'Gmail không gửi khiếu nại cho dịch vụ e-mail: xem provider_complaint_rate do chính họ nêu',
  'Complaint rate by domain, per sent': 'Tỷ lệ khiếu nại theo tên miền, trên thư đã gửi',
  "Does every domain stay under the article's 5 % of what was sent?":
    'Mọi tên miền có dưới mức 5 % thư đã gửi theo bài viết không?',
  'Inbox placement by domain': 'Tỷ lệ vào hộp thư đến theo tên miền',
  'Do our mails reach the inbox of this provider?': 'Thư của ta có vào hộp thư đến của nhà cung cấp này không?',
  'tests of the day': 'các lần thử trong ngày',
  'Test mailboxes read nothing, so that providers may treat them worse than readers':
    'Hộp thư thử không đọc gì, nên nhà cung cấp có thể đối xử với chúng kém hơn người đọc',
  'Spam score': 'Điểm spam',
  'Will a filter take the mail for spam?': 'Bộ lọc có coi thư là spam không?',
  'campaign or domain × day × tool': 'chiến dịch hoặc tên miền × ngày × công cụ',
  'one check': 'một lần kiểm tra',
  "From 0 to 10, 10 is best, whatever the tool's own scale; tools judge differently, so that only scores of one tool compare":
    'Từ 0 đến 10, 10 là tốt nhất, dù thang riêng của công cụ là gì; các công cụ đánh giá khác nhau, nên chỉ so được điểm của cùng một công cụ',
  'At least 8 of 10 before it is sent': 'Ít nhất 8 trên 10 trước khi gửi',
  'Inbox placement': 'Tỷ lệ vào hộp thư đến',
  'Where do copies to test mailboxes arrive?': 'Các bản gửi đến hộp thư thử đến đâu?',
  'one day of tests': 'các lần thử trong một ngày',
  'Test mailboxes read nothing, so that providers may treat them worse than readers; a tab counts as the inbox':
    'Hộp thư thử không đọc gì, nên nhà cung cấp có thể đối xử với chúng kém hơn người đọc; thẻ được tính là hộp thư đến',
  'Glanced or skimmed': 'Liếc qua hoặc đọc lướt',
  'Do readers read, or only glance?': 'Người đọc có đọc, hay chỉ liếc qua?',
  'Opens of mail proxies have no time and are in neither number':
    'Lượt mở qua proxy không có thời gian và không nằm trong số nào',
  'Glanced and skimmed together under 25 %; it varies by kind of e-mail':
    'Liếc qua và đọc lướt cộng lại dưới 25 %; tùy loại thư',
  Glanced: 'Liếc qua',
  'How many opens last less than 2 seconds?': 'Bao nhiêu lượt mở kéo dài dưới 2 giây?',
  'Previews that a mail program opens by itself look like glances':
    'Bản xem trước do ứng dụng thư tự mở trông như liếc qua',
  Skimmed: 'Đọc lướt',
  'How many opens last 2 to 8 seconds?': 'Bao nhiêu lượt mở kéo dài 2 đến 8 giây?',
  'Exactly 8 seconds is skimmed here and read with some tools':
    'Đúng 8 giây ở đây là đọc lướt, với một số công cụ là đọc kỹ',
  Read: 'Đọc kỹ',
  'How many opens last more than 8 seconds?': 'Bao nhiêu lượt mở kéo dài hơn 8 giây?',
  'A mail left open on the screen looks read': 'Thư để mở trên màn hình trông như đã đọc',
  'Measured opens': 'Lượt mở đo được',
  'Of how many opens is the time known?': 'Bao nhiêu lượt mở có thời gian được biết?',
  'Mail proxies fetch a picture once and cannot be measured': 'Proxy thư tải hình một lần và không đo được',
  'Reply rate': 'Tỷ lệ trả lời',
  'How many of those reached answer?': 'Bao nhiêu người nhận được thư trả lời?',
  'Answers that nobody has classified are not in it': 'Thư trả lời chưa ai phân loại không nằm trong số này',
  'Warm reply rate': 'Tỷ lệ trả lời thiện chí',
  'Does the e-mail start conversations with the right people?': 'Thư có mở đầu trò chuyện với đúng người không?',
  'Needs a reply mailbox whose answers somebody classifies; who answers by telephone is not in it':
    'Cần một hộp thư trả lời được phân loại; ai trả lời qua điện thoại không nằm trong số này',
  'Needs a connected reply mailbox': 'Cần một hộp thư trả lời được kết nối',
  '5-6 % for cold campaigns': '5-6 % với chiến dịch gửi người chưa quen',
  'Conversion rate': 'Tỷ lệ chuyển đổi',
  'How many of those who clicked did what the e-mail asked for?': 'Bao nhiêu người đã nhấp làm điều thư mong muốn?',
  'attribution window (default 5 days)': 'khoảng ghi nhận (mặc định 5 ngày)',
  'attribution of the source': 'ghi nhận của nguồn',
  'Above 1 is possible, because a conversion may be attributed without a click':
    'Có thể trên 1, vì một chuyển đổi có thể được ghi nhận mà không có lượt nhấp',
  'Conversion rate per delivered': 'Tỷ lệ chuyển đổi trên thư đã tới',
  'How many of those reached did what the e-mail asked for?': 'Bao nhiêu người nhận được thư làm điều thư mong muốn?',
  'Depends on the attribution model': 'Phụ thuộc vào mô hình ghi nhận',
  'Purchase rate': 'Tỷ lệ mua hàng',
  'What share of those reached bought because of the campaign?':
    'Phần nào của người nhận được thư đã mua vì chiến dịch?',
  'Attributed is not caused; only a hold-out tells the difference':
    'Được ghi nhận chưa phải là do nó gây ra; chỉ nhóm giữ lại mới cho biết',
  'Counts orders, not buyers': 'Đếm đơn hàng, không đếm người mua',
  'Revenue per open': 'Doanh thu mỗi người mở',
  'Which kind of e-mail earns most per reader?': 'Loại thư nào kiếm được nhiều nhất trên mỗi người đọc?',
  'Buyers whose open was not seen are in the numerator only': 'Người mua mà lượt mở không thấy được chỉ nằm ở tử số',
  'Revenue per subscriber mailed': 'Doanh thu mỗi người được gửi thư',
  'What does one e-mail to one subscriber bring?': 'Một thư gửi một người đăng ký mang về bao nhiêu?',
  'Attributed is not caused': 'Được ghi nhận chưa phải là do nó gây ra',
  'Shown as a total, without refunds taken off': 'Hiển thị dưới dạng tổng, không trừ hoàn tiền',
  'Net revenue': 'Doanh thu thuần',
  'What did the campaign bring after refunds?': 'Chiến dịch mang về bao nhiêu sau hoàn tiền?',
  "Of the store's orders; partial refunds are not stated by its API":
    'Của các đơn hàng trong cửa hàng; API không nêu hoàn tiền một phần',
  Profit: 'Lợi nhuận',
  'Did the campaign earn more than it cost?': 'Chiến dịch có kiếm được nhiều hơn chi phí không?',
  'lifetime to date': 'từ đầu đến nay',
  'Only the costs that files and rules tell; those of no campaign are shared by mails sent, not by what they caused':
    'Chỉ các chi phí mà tệp và quy tắc cho biết; chi phí không thuộc chiến dịch nào được chia theo số thư gửi, không theo điều chúng gây ra',
  'A loss shows at once, while there is time to react': 'Khoản lỗ lộ ra ngay, khi còn kịp phản ứng',
  'Profit of the month': 'Lợi nhuận của tháng',
  'What did e-mail earn this month, and did last month change?':
    'Tháng này e-mail kiếm được gì, và tháng trước có thay đổi không?',
  'month × account': 'tháng × tài khoản',
  'one month': 'một tháng',
  'Costs that are booked late make a young month look better than it is':
    'Chi phí ghi muộn làm tháng còn mới trông tốt hơn thực tế',
  'Change of a closed month': 'Thay đổi của tháng đã đóng',
  'How much did a month change after it was closed?': 'Tháng thay đổi bao nhiêu sau khi đã đóng?',
  'since the month was closed': 'từ khi tháng được đóng',
  'What changed before the month was first published closed is not in it':
    'Điều thay đổi trước khi tháng đã đóng được xuất bản lần đầu không nằm trong số này',
  'Profit margin': 'Biên lợi nhuận',
  'How much of what came in is left?': 'Còn lại bao nhiêu phần của số thu vào?',
  'Income is revenue − refunds + value of conversions; below 0 for a loss, NULL where no more came in than was given back':
    'Thu nhập là doanh thu − hoàn tiền + giá trị chuyển đổi; dưới 0 là lỗ, NULL khi số thu vào không nhiều hơn số hoàn lại',
  'Return on investment': 'Tỷ suất hoàn vốn',
  'What does one unit of money spent bring back on top of itself?':
    'Một đồng chi ra mang về thêm bao nhiêu ngoài chính nó?',
  'Very high while only part of the costs is recorded': 'Rất cao khi mới ghi một phần chi phí',
  'Cost per conversion': 'Chi phí mỗi chuyển đổi',
  'What does one person who converts cost?': 'Một người chuyển đổi tốn bao nhiêu?',
  'The denominator is in campaign_performance': 'Mẫu số nằm trong campaign_performance',
  'Active audience': 'Người đọc tích cực',
  'How many of those we mail still read us?': 'Bao nhiêu người ta gửi thư vẫn còn đọc?',
  'day × scope × window': 'ngày × phạm vi × khoảng thời gian',
  '30, 90 or 180 days': '30, 90 hoặc 180 ngày',
  'Unknown opens and clicks count as active, and `basis` says so; mails of automations have no day and are in no window':
    'Lượt mở và nhấp không rõ được tính là tích cực, và `basis` nói rõ điều đó; thư tự động không có ngày và không thuộc cửa sổ nào',
  '400 of 1,000 is 40 %; act below 25 %': '400 trong 1.000 là 40 %; hành động khi dưới 25 %',
  'A rating of 1-5 stars a member, not a share': 'Xếp hạng 1-5 sao cho mỗi thành viên, không phải tỷ lệ',
  'Audience growth': 'Tăng trưởng người đăng ký',
  'Do more people arrive than leave?': 'Người đến có nhiều hơn người đi không?',
  'day × list': 'ngày × danh sách',
  'one day': 'một ngày',
  'A member deleted at the source counts as leaving on the day we noticed':
    'Thành viên bị xóa ở nguồn được tính là rời đi vào ngày ta nhận thấy',
  'By month, status counts of today for past months': 'Theo tháng, dùng số đếm trạng thái hôm nay cho các tháng đã qua',
  'Its count of a list holds suppressed contacts; ours are those that mail can reach':
    'Số đếm danh sách của họ gồm cả liên hệ bị chặn; của ta là những người thư tới được',
  'Lifetime value to date': 'Giá trị vòng đời đến nay',
  'What has a subscriber brought so far?': 'Một người đăng ký đến nay mang về bao nhiêu?',
  subscriber: 'người đăng ký',
  "Orders without a person's address are in no one's value":
    'Đơn hàng không có địa chỉ người mua không nằm trong giá trị của ai',
  "Of one list's member, in the store's currency, refunds included":
    'Của thành viên một danh sách, theo tiền tệ cửa hàng, kể cả hoàn tiền',
  'Lift over the control': 'Mức tăng so với đối chứng',
  'How much better is a variant than the control?': 'Biến thể tốt hơn đối chứng bao nhiêu?',
  'test × variant × metric': 'thử nghiệm × biến thể × chỉ số',
  'The higher the lift of a small test, the more of it is luck':
    'Mức tăng của thử nghiệm nhỏ càng cao thì càng nhiều phần là may rủi',
  'A list of 500 makes five groups of 100, too few to prove most differences':
    'Danh sách 500 người chia năm nhóm 100, quá ít để chứng minh hầu hết chênh lệch',
  'Names the higher number the winner, without a test': 'Gọi con số cao hơn là thắng, không kiểm định',
  'Picks the winner by the higher number': 'Chọn bên thắng theo con số cao hơn',
  'Incremental revenue': 'Doanh thu tăng thêm',
  'What did the variant bring that the control did not?': 'Biến thể mang về điều gì mà đối chứng không có?',
  'test × variant': 'thử nghiệm × biến thể',
  'Against a hold-out it is caused by the e-mail; against another variant it is only the difference; refunded orders are in it':
    'So với nhóm giữ lại thì là do thư gây ra; so với biến thể khác thì chỉ là chênh lệch; gồm cả đơn hàng đã hoàn tiền',
  'Incremental profit': 'Lợi nhuận tăng thêm',
  'Was the variant worth its cost?': 'Biến thể có đáng chi phí không?',
  "(Revenue − refunds − costs) of the variant less that of the control, scaled to the variant's size; only costs recorded for a group count":
    '(Doanh thu − hoàn tiền − chi phí) của biến thể trừ của đối chứng, quy về cỡ của biến thể; chỉ tính chi phí ghi cho một nhóm',
  'Client share': 'Phần của ứng dụng đọc thư',
  'Which e-mail programs and devices read us?': 'Ứng dụng và thiết bị nào đọc thư của ta?',
  'scope × month × client, device and operating system': 'phạm vi × tháng × ứng dụng, thiết bị và hệ điều hành',
  'calendar month; a campaign to date': 'tháng dương lịch; chiến dịch thì đến nay',
  'Programs that hide pictures are seen too seldom; Apple Mail with privacy protection is known from the opens of its proxy only, which are machine opens':
    'Ứng dụng ẩn hình ảnh bị thấy quá ít; Apple Mail có bảo vệ riêng tư chỉ được biết qua lượt mở của proxy, tức là của máy',
  'Outlook filters harder and hides images until allowed': 'Outlook lọc chặt hơn và ẩn hình ảnh cho đến khi được phép',
  'Shares of the members of a list as it is now, by its own guess; no open has a client':
    'Phần của thành viên một danh sách hiện tại, theo phỏng đoán của họ; không lượt mở nào có ứng dụng',
  'Opens of the whole account by day, machines included': 'Lượt mở của cả tài khoản theo ngày, kể cả máy',
  'Client share of readers': 'Phần người đọc của ứng dụng',
  'How many readers use each e-mail program?': 'Mỗi ứng dụng thư có bao nhiêu người đọc dùng?',
  'Who reads with two programs is in two rows, so that the shares may add up to more than 1':
    'Ai đọc bằng hai ứng dụng thì nằm ở hai dòng, nên các phần có thể cộng lại quá 1',
  'Opens by hour': 'Lượt mở theo giờ',
  'When do people look into their mail?': 'Khi nào người đọc xem thư?',
  'scope × kind of time zone × weekday × hour': 'phạm vi × loại múi giờ × thứ × giờ',
  '90 days; a campaign to date': '90 ngày; chiến dịch thì đến nay',
  'Opens follow the hour of the send; compare with send_count before moving a send':
    'Lượt mở theo giờ gửi; hãy so với send_count trước khi dời giờ gửi',
  'Weekdays against weekends, outside the pile of the office hours':
    'Ngày thường so với cuối tuần, ngoài đống thư giờ hành chính',
  'Of the first 24 hours after a send only, proxies included': 'Chỉ của 24 giờ đầu sau khi gửi, kể cả proxy',
  'Opened of the mails sent in the hour': 'Phần được mở của thư gửi trong giờ',
  'Which hour of sending gets mails opened?': 'Gửi vào giờ nào thì thư được mở?',
  'Per sent, not per delivered; hours differ by what was sent in them, too':
    'Trên thư đã gửi, không phải thư đã tới; các giờ còn khác nhau vì điều được gửi trong đó',
  'Suggests an hour and shows no rate': 'Gợi ý một giờ và không hiển thị tỷ lệ',
  'Median time to open': 'Thời gian trung vị đến khi mở',
  'How long does a mail lie until it is opened?': 'Thư nằm bao lâu thì được mở?',
  'Of the mails that were opened, in seconds; young campaigns look faster than they are':
    'Của các thư đã được mở, tính bằng giây; chiến dịch mới trông nhanh hơn thực tế',
  'Time until nine of ten openers have opened': 'Thời gian đến khi chín phần mười người mở đã mở',
  'When has a campaign been read by nearly all who read it?': 'Khi nào chiến dịch đã được gần hết người đọc nó mở?',
  'Counts opens by mail proxies (Apple Mail Privacy Protection) unless proxy_excluded_open_rate is read; denominator is the same: emails sent without bounces':
    'Tính lượt mở qua proxy thư (Apple Mail Privacy Protection) trừ khi đọc proxy_excluded_open_rate; mẫu số như nhau: thư gửi trừ thư bị trả lại',
  'The same number, as a fraction; list statistics show it as 0-100':
    'Cùng một con số, dạng phân số; thống kê danh sách hiển thị theo thang 0-100',
  'unique_opens / delivered of its totals': 'unique_opens / delivered trong các tổng của họ',
  'unique_clicks / delivered of its totals': 'unique_clicks / delivered trong các tổng của họ',
  'hard_bounces + soft_bounces of the report; syntax_errors stay apart':
    'hard_bounces + soft_bounces của báo cáo; syntax_errors để riêng',
  'Events of type bounce, delayed ones included': 'Sự kiện loại bounce, kể cả bị chậm',
  'unique_subscriber_clicks / deliveries': 'unique_subscriber_clicks / số thư đã tới',
  'Openers without a known device are in neither number': 'Người mở không rõ thiết bị không nằm trong số nào',
  'Only direct costs that were recorded; shared costs are not allotted':
    'Chỉ chi phí trực tiếp được ghi; chi phí chung không được chia',
  'Sum of orders that were not cancelled, refunded ones included, in the reporting currency':
    'Tổng các đơn hàng không bị hủy, kể cả đơn đã hoàn tiền, theo tiền tệ báo cáo',
  'Subscribers at the end of the day: opening + net': 'Người đăng ký cuối ngày: đầu ngày + thuần',
  'Orders that were not cancelled; of a campaign or link: those attributed to it':
    'Đơn hàng không bị hủy; của một chiến dịch hay liên kết: những đơn được ghi nhận cho nó',
  'Orders that were not cancelled': 'Đơn hàng không bị hủy',
  'Opens that a detector judged and found human': 'Lượt mở được đánh giá và thấy là của người',
  'Opens by a mail proxy or scanner': 'Lượt mở của proxy thư hoặc máy quét',
  'Money given back for those orders': 'Tiền hoàn lại cho các đơn hàng đó',
  'Messages handed to delivery, one per recipient': 'Thư giao đi gửi, mỗi người nhận một thư',
  "Conversions × the value that the rule of the campaign's goal gives one":
    'Lượt chuyển đổi × giá trị mà quy tắc của mục tiêu chiến dịch gán cho mỗi lượt',
  'All costs, cost of goods included': 'Mọi chi phí, kể cả giá vốn hàng bán',
  'Depends on the attribution of the source': 'Phụ thuộc vào cách ghi nhận của nguồn',
  'Direct costs only; shared costs (subscription fees, salaries) are not allotted yet':
    'Chỉ chi phí trực tiếp; chi phí chung (phí thuê bao, lương) chưa được chia',
  'Projected lifetime value': 'Giá trị vòng đời dự báo',
  'What will a subscriber have brought in a year?': 'Sau một năm một người đăng ký sẽ mang về bao nhiêu?',
  'lifetime to date and the next 365 days': 'từ đầu đến nay và 365 ngày tới',
  'Orders alone are projected, no other revenue; the interval leaves out how uncertain the fitted model is; ltv_backtest shows how far off it was':
    'Chỉ dự báo đơn hàng, không dự báo doanh thu khác; khoảng dự báo không kể độ bất định của mô hình đã khớp; ltv_backtest cho thấy nó đã lệch bao nhiêu',
  'Revenue per subscriber since sign-up': 'Doanh thu mỗi người từ khi đăng ký',
  'What does a sign-up bring, month by month?': 'Một lượt đăng ký mang về gì, từng tháng?',
  'signup month × months since': 'tháng đăng ký × số tháng từ đó',
  'from the sign-up to the end of the month': 'từ khi đăng ký đến cuối tháng',
  'Other revenue is split by a rule, not by what a person did':
    'Doanh thu khác được chia theo quy tắc, không theo điều một người đã làm',
  'Profit per subscriber since sign-up': 'Lợi nhuận mỗi người từ khi đăng ký',
  'When has a sign-up earned what it cost?': 'Khi nào một lượt đăng ký bù được chi phí của nó?',
  'Costs are shared by mails sent, so a cohort that costs more to win does not show it':
    'Chi phí được chia theo thư gửi, nên nhóm tốn nhiều hơn để có được không lộ ra',
  Retention: 'Tỷ lệ ở lại',
  'How many of those who signed up are still with us?': 'Bao nhiêu người đã đăng ký vẫn còn với ta?',
  'Who reads without loading images counts as gone': 'Ai đọc mà không tải hình ảnh bị tính là đã rời đi',
  'Error of the projection': 'Sai số của dự báo',
  'How far off would the projection have been?': 'Dự báo lẽ ra lệch bao nhiêu?',
  'held-out months': 'các tháng giữ lại',
  'the last {}, {} and {} whole months': '{}, {} và {} tháng trọn gần nhất',
  'One past is not every future': 'Một quá khứ không phải là mọi tương lai',
  "Orders without a person's address are in no one's value; ads, affiliates and media are split by a rule":
    'Đơn hàng không có địa chỉ người mua không nằm trong giá trị của ai; quảng cáo, tiếp thị liên kết và truyền thông được chia theo quy tắc',
  'Coverage of the projection': 'Độ bao phủ của dự báo',
  'For how many buyers did the interval hold?': 'Khoảng dự báo đúng với bao nhiêu người mua?',
  'Most buyers buy nothing in a month, which any interval from 0 covers':
    'Phần lớn người mua không mua gì trong một tháng, điều mà mọi khoảng bắt đầu từ 0 đều bao phủ',
  'Of 95 % intervals, 95 of 100 should hold': 'Trong các khoảng 95 %, 95 trên 100 phải đúng',
  'definition of the interval': 'định nghĩa của khoảng',
};

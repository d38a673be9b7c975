import { markup } from '../html.ts';
import type {
  abTests as englishTests,
  campaigns as englishCampaigns,
  links as englishLinks,
  profit as englishProfit,
} from './en-campaigns.ts';

/** Words about campaigns, their profit, tests and links. */
export const campaigns: typeof englishCampaigns = {
  heading: 'Chiến dịch',
  caption: 'Các chiến dịch, mới nhất trước',
  intro:
    'Khi được phép chạy script, tiêu đề cột sẽ sắp xếp bảng. Số nhỏ cạnh một giá trị dẫn đến lý do của điều còn thiếu.',
  empty: 'Chưa có chiến dịch nào được gửi.',
  noGoal: 'Không có mục tiêu',
  goals: {
    lead_generation: 'Tìm khách hàng tiềm năng',
    customer_acquisition: 'Thu hút khách mua',
    customer_marketing: 'Chăm sóc khách hàng',
  },
  scatter: {
    title: 'Mở và nhấp, từng chiến dịch',
    finding: (name, click, open, count, smallest) =>
      markup`Trong ${count} chiến dịch có cả hai tỷ lệ và tới được ít nhất ${smallest} người, ${name} được nhấp nhiều nhất: ${click} số người nhận được thư, với ${open} đã mở.`,
    empty: 'Không chiến dịch nào đủ lớn có cả hai tỷ lệ.',
    caption: 'Chiến dịch theo tỷ lệ nhấp, 25 chiến dịch cao nhất',
  },
};

export const profit: typeof englishProfit = {
  heading: 'Lợi nhuận',
  intro:
    'Các chiến dịch gửi trong kỳ, từ đầu đến nay, với chi phí ghi cho chúng hoặc được chia cho chúng; chi phí không thuộc chiến dịch nào nằm trong bảng theo tháng.',
  steps: {
    title: 'Từ doanh thu đến lợi nhuận',
    finding: (income, costs, left, margin) =>
      `Trong ${income} thu vào, ${costs} là chi phí; còn lại ${left} (${margin}).`,
    findingLoss: (income, costs, result) => `Thu vào ${income}, chi phí ${costs}: kết quả là ${result}.`,
    empty: 'Không chiến dịch nào trong kỳ có khoản tiền được ghi nhận.',
    caption: 'Tổng của các chiến dịch trong kỳ',
    step: 'Bước',
    amount: 'Số tiền',
  },
  ranking: {
    title: 'Lợi nhuận theo chiến dịch: cao nhất và thấp nhất',
    finding: (name, amount, losses, all) =>
      markup`${name} kiếm được nhiều nhất: ${amount}. ${losses} trong ${all} chiến dịch tốn nhiều hơn số mang về.`,
    empty: 'Không chiến dịch nào có lợi nhuận được ghi nhận.',
    caption: 'Lợi nhuận cao nhất và thấp nhất của kỳ',
  },
  goals: {
    title: 'Lợi nhuận theo mục tiêu',
    finding: (goal, amount) => `Nhiều nhất đến từ “${goal}”: ${amount}.`,
    caption: 'Tổng theo mục tiêu của các chiến dịch trong kỳ',
    goal: 'Mục tiêu',
    campaigns: 'Chiến dịch',
  },
  caption: 'Lợi nhuận của các chiến dịch trong kỳ, mới nhất trước',
};

const kinds: Readonly<Record<string, string>> = {
  open: 'Tỷ lệ mở',
  click: 'Tỷ lệ nhấp',
  purchase: 'Tỷ lệ mua hàng',
  unsubscribe: 'Tỷ lệ hủy đăng ký',
  visit: 'Tỷ lệ ghé thăm',
  form: 'Tỷ lệ điền biểu mẫu',
  call: 'Tỷ lệ gọi điện',
  lead: 'Tỷ lệ để lại thông tin',
  usage: 'Tỷ lệ sử dụng',
};

export const abTests: typeof englishTests = {
  heading: 'Thử nghiệm',
  intro:
    'Chênh lệch so với nhóm đối chứng với khoảng tin cậy 95 %. Khoảng tin cậy chứa 0 thì không chứng minh được gì, dù con số nào cao hơn.',
  empty: 'Không chiến dịch nào thử nhiều biến thể.',
  older: 'Các thử nghiệm cũ hơn, mới nhất trước',
  more: (count) => `Còn ${count} thử nghiệm cũ hơn trong bảng dữ liệu.`,
  summary: (name, date) => markup`${name} <span class="muted">${date}</span>`,
  proven: (metrics) => `Chênh lệch được chứng minh: ${metrics}`,
  notProven: 'Không chênh lệch nào được chứng minh',
  chartTitle: (name) => `Chênh lệch so với nhóm đối chứng, theo điểm phần trăm: ${name}`,
  chartFinding: (proven, all) =>
    `${proven} trong ${all} phép so sánh được chứng minh; điểm đặc là được, điểm rỗng là chưa.`,
  noChart: 'Không phép so sánh nào có khoảng tin cậy.',
  holdOut: 'nhóm giữ lại, không được gửi',
  control: 'đối chứng',
  unnamed: (id) => markup`không rõ tên, mã ${id}`,
  caption: (name) => `Biến thể và số đo: ${name}`,
  captionMoney: (name) => `Tiền theo biến thể: ${name}`,
  methodHeading: 'Phương pháp',
  kinds: (metric) => {
    const kind = metric.replace(/_rate$/, '');
    return kinds[kind] ?? `Tỷ lệ: ${kind.replaceAll('_', ' ')}`;
  },
  verdicts: {
    baseline: 'Đối chứng',
    'not enough evidence': 'Chưa đủ bằng chứng',
    'not testable': 'Không kiểm định được',
  },
  winsOver: (winner, loser) => markup`${winner} thắng ${loser}`,
};

export const links: typeof englishLinks = {
  heading: 'Liên kết',
  title: 'Liên kết được nhấp nhiều nhất',
  finding: (url, clicks, share) =>
    markup`${url} được người đọc nhấp nhiều nhất: ${clicks}. Mười liên kết mạnh nhất có ${share} mọi lượt nhấp.`,
  caption: 'Liên kết của các chiến dịch trong kỳ, nhiều lượt nhấp của người nhất trước',
  empty: 'Không liên kết nào được nhấp trong kỳ.',
  people: 'Người',
  machines: 'Máy',
  unknown: 'Không phân biệt được',
};

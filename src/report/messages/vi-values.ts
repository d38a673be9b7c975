import type { values as english } from './en-values.ts';

export const values: typeof english = {
  device: { mobile: 'Điện thoại', tablet: 'Máy tính bảng', desktop: 'Máy tính', unknown: 'Không rõ' },
  program: { unknown: 'Không rõ' },
  reputation: { high: 'Cao', medium: 'Trung bình', low: 'Thấp', bad: 'Xấu' },
  placement: { inbox: 'hộp thư đến', tabs: 'trong thẻ', spam: 'thư rác', missing: 'không tới' },
  variant: { 'winner, sent to the rest': 'Biến thể thắng, gửi cho số còn lại' },
  source: { file: 'Tệp' },
  run: { sync: 'Đọc dữ liệu', transform: 'Bảng và kiểm tra', pipeline: 'Đọc dữ liệu, bảng và kiểm tra' },
  model: {
    table: 'Bảng',
    view: 'Khung nhìn',
    incremental: 'Bảng, theo phần',
    assertion: 'Kiểm tra',
    operations: 'Câu lệnh',
    step: 'Bước tính toán',
  },
};

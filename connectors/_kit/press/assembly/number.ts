import { decline, FRACTION, INTEGER, NUMBER } from './memory';
import { setValue } from './value-state';

function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9;
}

/**
 * Reads a number whose text is what JavaScript prints for it, but for zeros at the end of its fraction: at most 15 digits, which
 * every double keeps, no exponent, not so small that it would be printed with one, and no minus zero.
 */
export function number(start: usize): usize {
  let at = start;
  const isNegative = load<u8>(at) == 0x2d;
  if (isNegative) at++;
  const first = <u32>load<u8>(at);
  if (!isDigit(first)) return decline(NUMBER);
  const whole = at;
  at++;
  if (first != 0x30) while (isDigit(load<u8>(at))) at++;
  let digits = at - whole;
  let end = at;
  let kind: u32 = INTEGER;
  if (load<u8>(at) == 0x2e) {
    const fraction = at + 1;
    let lead: usize = 0;
    at = fraction;
    while (isDigit(load<u8>(at))) {
      if (load<u8>(at) != 0x30) {
        // Zeros behind the last other digit are not printed.
        end = at + 1;
        kind = FRACTION;
      } else if (kind == INTEGER) lead++;
      at++;
    }
    if (at == fraction) return decline(NUMBER);
    digits += at - fraction;
    if (kind == FRACTION && first == 0x30 && lead > 5) return decline(NUMBER);
  }
  const next = load<u8>(at) | 0x20;
  if (digits > 15 || next == 0x65) return decline(NUMBER);
  if (isNegative && kind == INTEGER && first == 0x30) return decline(NUMBER);
  setValue(start, end - start, kind, 0);
  return at;
}

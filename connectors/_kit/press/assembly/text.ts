import { CHARACTERS, copy, decline, STRING, SYNTAX, scratchEnd } from './memory';
import { setValue } from './value-state';
import { scratchTop, setScratchTop } from './value-state';

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

/** The next byte that is not plain: quote, backslash, control character, or no ASCII. The page ends with zeros. */
function plainEnd(at: usize): usize {
  while (true) {
    const bytes = v128.load(at);
    // Signed, so that bytes from 0x80 on are below a blank, too.
    const odd = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
    );
    const mask = i8x16.bitmask(odd);
    if (mask != 0) return at + ctz(mask);
    at += 16;
  }
}

/** Reads the string whose opening quote is here. Its value is its place in the page where nothing needs to be rewritten. */
export function string(at: usize): usize {
  const end = plainEnd(at + 1);
  if (load<u8>(end) != QUOTE) return unusual(at, end);
  setValue(at, end + 1 - at, STRING, 0);
  return end + 1;
}

/** With escapes or other than ASCII; `at` is the first of them. */
function unusual(start: usize, at: usize): usize {
  // Nothing is rewritten before the first escape.
  let rewritten: usize = 0;
  let out: usize = 0;
  let excess: u32 = 0;
  for (;;) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) break;
    if (byte >= 0x80) {
      const length = sequence(at, byte);
      if (length == 0) return decline(CHARACTERS);
      excess += length == 2 ? 1 : 2;
      if (rewritten != 0) {
        if (out + 32 > scratchEnd) return decline(CHARACTERS);
        store<u32>(out, load<u32>(at));
        out += length;
      }
      at += length;
    } else if (byte == BACKSLASH) {
      if (rewritten == 0) {
        rewritten = scratchTop;
        if (rewritten + (at - start) + 32 > scratchEnd) return decline(CHARACTERS);
        out = copy(rewritten, start, at - start);
      }
      if (out + 32 > scratchEnd) return decline(CHARACTERS);
      const escaped = load<u8>(at, 1);
      if (escaped != 0x75) {
        // All short escapes but that of the slash are written as they were read.
        if (escaped == 0x2f) store<u8>(out++, 0x2f);
        else if (
          escaped == 0x22 ||
          escaped == 0x5c ||
          escaped == 0x6e ||
          escaped == 0x74 ||
          escaped == 0x72 ||
          escaped == 0x62 ||
          escaped == 0x66
        ) {
          store<u16>(out, load<u16>(at));
          out += 2;
        } else return decline(SYNTAX);
        at += 2;
      } else {
        let point = hex(at + 2);
        if (point < 0) return decline(SYNTAX);
        at += 6;
        if ((point & 0xf800) == 0xd800) {
          const low = point < 0xdc00 && load<u16>(at) == 0x755c ? hex(at + 2) : -1;
          if ((low & ~0x3ff) != 0xdc00) return decline(CHARACTERS);
          point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
          at += 6;
        }
        if (point >= 0x80) excess += point < 0x800 ? 1 : 2;
        out = writePoint(out, <u32>point);
      }
    } else if (byte < 0x20) return decline(SYNTAX);
    else {
      const end = plainEnd(at);
      if (rewritten != 0) {
        if (out + (end - at) + 32 > scratchEnd) return decline(CHARACTERS);
        out = copy(out, at, end - at);
      }
      at = end;
    }
  }
  if (rewritten == 0) setValue(start, at + 1 - start, STRING, excess);
  else {
    store<u8>(out++, 0x22);
    setScratchTop(out);
    setValue(rewritten, out - rewritten, STRING, excess);
  }
  return at + 1;
}

/** Length of the UTF-8 sequence here, 0 when it is none (the rules of the Encoding standard). */
function sequence(at: usize, lead: u32): usize {
  const second = <u32>load<u8>(at, 1);
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return isTail(second) ? 2 : 0;
  if (lead < 0xf0) {
    if (!isTail(second) || !isTail(load<u8>(at, 2))) return 0;
    return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
  }
  if (lead > 0xf4 || !isTail(second) || !isTail(load<u8>(at, 2)) || !isTail(load<u8>(at, 3))) return 0;
  return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) ? 0 : 4;
}

function isTail(byte: u32): bool {
  return (byte & 0xc0) == 0x80;
}

/** Four hexadecimal digits; negative when they are none. */
function hex(at: usize): i32 {
  let value: i32 = 0;
  for (let index: usize = 0; index < 4; index++) {
    const byte = <i32>load<u8>(at + index);
    let digit = byte - 0x30;
    if (<u32>digit > 9) {
      digit = (byte | 0x20) - 0x57;
      if (digit < 10 || digit > 15) return -1;
    }
    value = (value << 4) | digit;
  }
  return value;
}

/** A character as `JSON.stringify` writes it. */
function writePoint(out: usize, point: u32): usize {
  if (point < 0x80) return writeAscii(out, point);
  if (point < 0x800) {
    store<u8>(out, 0xc0 | (point >>> 6));
    store<u8>(out, 0x80 | (point & 0x3f), 1);
    return out + 2;
  }
  if (point < 0x10000) {
    store<u8>(out, 0xe0 | (point >>> 12));
    store<u8>(out, 0x80 | ((point >>> 6) & 0x3f), 1);
    store<u8>(out, 0x80 | (point & 0x3f), 2);
    return out + 3;
  }
  store<u8>(out, 0xf0 | (point >>> 18));
  store<u8>(out, 0x80 | ((point >>> 12) & 0x3f), 1);
  store<u8>(out, 0x80 | ((point >>> 6) & 0x3f), 2);
  store<u8>(out, 0x80 | (point & 0x3f), 3);
  return out + 4;
}

function writeAscii(out: usize, point: u32): usize {
  if (point >= 0x20 && point != QUOTE && point != BACKSLASH) {
    store<u8>(out, point);
    return out + 1;
  }
  store<u8>(out, BACKSLASH);
  let short: u32 = point;
  if (point == 8) short = 0x62;
  else if (point == 9) short = 0x74;
  else if (point == 10) short = 0x6e;
  else if (point == 12) short = 0x66;
  else if (point == 13) short = 0x72;
  else if (point < 0x20) {
    store<u32>(out, 0x30303075, 1);
    store<u8>(out, 0x30 + (point >>> 4), 4);
    const low = point & 15;
    store<u8>(out, low < 10 ? 0x30 + low : 0x57 + low, 5);
    return out + 6;
  }
  store<u8>(out, short, 1);
  return out + 2;
}

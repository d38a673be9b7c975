// Times as most sources write most of them; every other spelling is for the general rule in JavaScript.

const ZEROS = i8x16(48, 48, 48, 48, 45, 48, 48, 45, 48, 48, 84, 48, 48, 58, 48, 48);
const LIMITS = i8x16(9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9);

const DAYS = memory.data<u8>([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);

/** Milliseconds since 1970 of `"2026-06-30T12:00:00+00:00"` or `…Z"`, quotes included; NaN when it is none of these, or no day of the calendar. */
export function plainTime(quoted: usize, length: usize): f64 {
  const text = quoted + 1;
  if (length == 27) {
    // `+00:` and `:00"`
    if (load<u32>(text, 19) != 0x3a30302b || load<u32>(text, 22) != 0x2230303a) return NaN;
  } else if (length != 22 || load<u8>(text, 19) != 0x5a) return NaN;
  const digits = i8x16.sub(v128.load(text), ZEROS);
  if (!i8x16.all_true(i8x16.le_u(digits, LIMITS))) return NaN;
  const tens = <u32>load<u8>(text, 17) - 0x30;
  const ones = <u32>load<u8>(text, 18) - 0x30;
  if (load<u8>(text, 16) != 0x3a || tens > 5 || ones > 9) return NaN;
  const year = two(text) * 100 + two(text + 2);
  const month = two(text + 5);
  const day = two(text + 8);
  const hour = two(text + 11);
  const minute = two(text + 14);
  if (year < 100 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59) return NaN;
  if (day > <i32>load<u8>(DAYS + month) && !(month == 2 && day == 29 && isLeap(year))) return NaN;
  const seconds = <i64>daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + <i32>(tens * 10 + ones);
  return <f64>(seconds * 1000);
}

function two(at: usize): i32 {
  return <i32>load<u8>(at) * 10 + <i32>load<u8>(at, 1) - 528;
}

function isLeap(year: i32): bool {
  return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

/** Days since 1970 in the Gregorian calendar; the year is taken to begin in March, so that its leap day is its last. */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const marchYear = month <= 2 ? year - 1 : year;
  const century = marchYear / 400;
  const ofCentury = marchYear - century * 400;
  const ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return century * 146097 + ofCentury * 365 + ofCentury / 4 - ofCentury / 100 + ofYear - 719468;
}

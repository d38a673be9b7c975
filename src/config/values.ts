import { z } from 'zod';
import { isTimeZone } from '../contracts/time-zone.ts';
import { nearest } from './suggest.ts';

/** What a failed rule tells a person; carried through zod's `params` to the located message. */
export type RuleHint = { readonly fix?: string; readonly suggestion?: string };

type Rule = {
  readonly ok: (value: string) => boolean;
  readonly what: (value: string) => string;
  readonly hint?: (value: string) => RuleHint;
};

/** Text that follows a rule; a broken rule says what is wrong, the fix, and the value that was most likely meant. */
export function ruledText(rule: Rule): z.ZodString {
  return z.string().check((context) => {
    if (rule.ok(context.value)) return;
    context.issues.push({
      code: 'custom',
      input: context.value,
      message: rule.what(context.value),
      params: rule.hint?.(context.value) ?? {},
    });
  });
}

const keyLike = /(?=[\w+=~-]*\d)(?=[\w+=~-]*[A-Za-z])[\w+=~-]{20,}/g;

/** A long run of letters and digits: most likely a key that was pasted into the wrong field. */
export function looksLikeKey(value: string): boolean {
  return /^[0-9a-f]{20,}|^[A-Za-z0-9+=~]{28,}$/.test(value);
}

/**
 * A value in a message: short, printable, and never something that could be a key pasted into the wrong field.
 * Keys are long runs of letters and digits; time zones, dates, names and paths are not.
 */
export function quoted(value: string): string {
  const printable = value
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')

    .replaceAll(keyLike, '[not shown: looks like a key]');
  return `"${printable.length > 60 ? `${printable.slice(0, 57)}...` : printable}"`;
}

const timeZones = (): readonly string[] => [...Intl.supportedValuesOf('timeZone'), 'UTC'];

const zoneSynonyms: Readonly<Record<string, string>> = {
  gmt: 'UTC',
  z: 'UTC',
  mez: 'Europe/Berlin',
  cet: 'Europe/Berlin',
  bst: 'Europe/London',
  gb: 'Europe/London',
  est: 'America/New_York',
  edt: 'America/New_York',
  cst: 'America/Chicago',
  mst: 'America/Denver',
  pst: 'America/Los_Angeles',
  pdt: 'America/Los_Angeles',
  jst: 'Asia/Tokyo',
  japan: 'Asia/Tokyo',
  aest: 'Australia/Sydney',
};

export const timeZone = ruledText({
  ok: isTimeZone,
  what: (value) =>
    /^[A-Z0-9]{2,7}$/.test(value)
      ? `${quoted(value)} is an abbreviation, which means another place to another program.`
      : `${quoted(value)} is not a time zone of the IANA database.`,
  hint: (value) => {
    const suggestion = nearest(value, timeZones(), zoneSynonyms);
    return { fix: 'Write a name such as Europe/Berlin, America/New_York or UTC.', ...(suggestion && { suggestion }) };
  },
});

const currencySynonyms: Readonly<Record<string, string>> = {
  euro: 'EUR',
  euros: 'EUR',
  dollar: 'USD',
  dollars: 'USD',
  us: 'USD',
  pound: 'GBP',
  pounds: 'GBP',
  yen: 'JPY',
  franc: 'CHF',
  dong: 'VND',
};

export const currencyCode = ruledText({
  ok: (value) => Intl.supportedValuesOf('currency').includes(value),
  what: (value) => `${quoted(value)} is not an ISO 4217 currency code.`,
  hint: (value) => {
    const codes = Intl.supportedValuesOf('currency');
    const sign = { '€': 'EUR', $: 'USD', '£': 'GBP', '₫': 'VND' }[value.trim()];
    const suggestion =
      sign ??
      (codes.includes(value.trim().toUpperCase())
        ? value.trim().toUpperCase()
        : nearest(value, codes, currencySynonyms));
    return { fix: 'Write the three capital letters, such as EUR or USD.', ...(suggestion && { suggestion }) };
  },
});

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const at = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}

/** `31.12.2025`, `2025/1/5` → ISO, when there is only one way to read it. */
function dateGuess(value: string): string | undefined {
  const yearFirst = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$/.exec(value);
  const dayFirst = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(value);
  const [year, month, day] = yearFirst ? yearFirst.slice(1) : dayFirst ? dayFirst.slice(1).toReversed() : [];
  const guess = `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`;
  return isDate(guess) ? guess : undefined;
}

export const calendarDate = ruledText({
  ok: (value) => isDate(value) && value >= '1990-01-01',
  what: (value) =>
    isDate(value) ? `${quoted(value)} is before 1990.` : `${quoted(value)} is not a date of the calendar.`,
  hint: (value) => {
    const suggestion = dateGuess(value);
    return { fix: 'Write year-month-day, such as 2025-01-31.', ...(suggestion && { suggestion }) };
  },
});

const durationPattern = /^P(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;

/** `35 days`, `35d`, `1h` → ISO 8601. */
function durationGuess(value: string): string | undefined {
  const match = /^(\d+)\s*([a-z]+)?$/i.exec(value.trim());
  if (match === null) return durationPattern.test(value.trim().toUpperCase()) ? value.trim().toUpperCase() : undefined;
  const unit = (match[2] ?? 'd').toLowerCase();
  if (/^d(ays?)?$/.test(unit)) return `P${match[1]}D`;
  if (/^w(eeks?)?$/.test(unit)) return `P${match[1]}W`;
  if (/^(h|hrs?|hours?)$/.test(unit)) return `PT${match[1]}H`;
  if (/^(m|min|mins|minutes?)$/.test(unit)) return `PT${match[1]}M`;
  if (/^(mo|months?)$/.test(unit)) return `P${match[1]}M`;
  return undefined;
}

/** A duration that a timer can count: months and years have no fixed length. */
export const fixedDuration = ruledText({
  ok: (value) => durationPattern.test(value) && !/^P[^T]*[YM]/.test(value) && /[1-9]/.test(value),
  what: (value) =>
    !durationPattern.test(value)
      ? `${quoted(value)} is not an ISO 8601 duration.`
      : /[1-9]/.test(value)
        ? `${quoted(value)} has no fixed length: a month or year may be longer or shorter.`
        : `${quoted(value)} is no time at all.`,
  hint: (value) => {
    const suggestion = durationGuess(value);
    const fixed = suggestion !== undefined && !/^P[^T]*[YM]/.test(suggestion) && /[1-9]/.test(suggestion);
    return {
      fix: 'Write days (P35D), hours (PT6H) or minutes (PT30M).',
      ...(fixed && suggestion !== value && { suggestion }),
    };
  },
});

const decimalPattern = /^-?\d{1,29}(?:\.\d{1,9})?$/;

function decimalGuess(value: string): string | undefined {
  const plain = value.replaceAll(/[\s€$£]|[A-Z]{3}/g, '');
  const point = /^\d{1,3}(\.\d{3})+,\d+$/.test(plain)
    ? plain.replaceAll('.', '').replace(',', '.')
    : plain.replace(/,(\d{1,2})$/, '.$1').replaceAll(',', '');
  return decimalPattern.test(point) ? point : undefined;
}

/** Exact money: a YAML number or text, kept as text (DECIMAL(38,9)); never negative. */
export const amount = z
  .union([z.number(), z.string()])
  .transform(String)
  .pipe(
    ruledText({
      ok: (value) => decimalPattern.test(value) && !value.startsWith('-'),
      what: (value) =>
        decimalPattern.test(value)
          ? `${quoted(value)} is negative; an amount here is 0 or more.`
          : `${quoted(value)} is not a decimal number with at most nine places.`,
      hint: (value) => {
        const suggestion = decimalGuess(value.replace(/^-/, ''));
        return {
          fix: 'Write digits with a decimal point, such as 12.50, without currency sign.',
          ...(suggestion && { suggestion }),
        };
      },
    }),
  );

/**
 * A regular expression that BigQuery (RE2) and JavaScript read alike: no look-around, no back-reference.
 * Matched against campaign names, anywhere in the name.
 */
export const pattern = ruledText({
  ok: (value) => value !== '' && patternFault(value) === undefined,
  what: (value) =>
    value === '' ? 'The pattern is empty.' : `${quoted(value)} is not usable as a pattern: ${patternFault(value)}.`,
  hint: (value) => ({
    fix:
      value === ''
        ? 'Write ".*" to match every campaign.'
        : "Escape special characters with a backslash, in single quotes: '^Launch \\(EU\\)'.",
  }),
});

function patternFault(value: string): string | undefined {
  if (/\(\?(?:[=!]|<[=!])/.test(value)) return 'look-around is not available in SQL warehouses';
  if (/\\[1-9]|\\k</.test(value)) return 'back-references are not available in SQL warehouses';
  try {
    // `(?i)` at the start is RE2's way to ignore case; JavaScript has no such prefix.
    return RegExp(value.replace(/^\(\?i\)/, '')) instanceof RegExp ? undefined : 'it cannot be parsed';
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    return (reason.split(': ').at(-1) ?? 'it cannot be parsed').toLowerCase();
  }
}

const cronRanges: readonly (readonly [number, number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
];

function cronFault(value: string): string | undefined {
  const fields = value.trim().split(/\s+/);
  if (/^@(hourly|daily|weekly|monthly)$/.test(value.trim())) return undefined;
  if (fields.length !== 5) return `it has ${fields.length} fields, not five (minute hour day month weekday)`;
  for (const [index, field] of fields.entries()) {
    const [low, high] = cronRanges[index] ?? [0, 0];
    for (const part of field.split(',')) {
      const match = /^(?:\*|(\d+)(?:-(\d+))?|[A-Za-z]{3}(?:-[A-Za-z]{3})?)(?:\/(\d+))?$/.exec(part);
      if (match === null) return `field ${index + 1} (${quoted(field)}) cannot be read`;
      for (const number of [match[1], match[2]]) {
        if (number !== undefined && (Number(number) < low || Number(number) > high)) {
          return `field ${index + 1} must be between ${low} and ${high}`;
        }
      }
    }
  }
  return undefined;
}

export const cron = ruledText({
  ok: (value) => cronFault(value) === undefined,
  what: (value) => `${quoted(value)} is not a cron expression: ${cronFault(value)}.`,
  hint: () => ({ fix: 'Write five fields in quotes, such as "0 6 * * *" for every day at 06:00.' }),
});

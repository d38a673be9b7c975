import type { Json } from '../contracts/json.ts';

export type Unit = 'count' | 'rate' | 'ratio' | 'money' | 'seconds' | 'text' | 'date' | 'month' | 'instant' | 'flag';

/** Writes values for people: numbers, money, dates of one language, company zone and currency. */
export type Format = {
  readonly count: (value: Json) => string;
  readonly number: (value: Json, digits: number) => string;
  readonly percent: (value: Json) => string;
  /** A share among many others, each with one digit. */
  readonly share: (value: Json) => string;
  /** Difference of two rates, with its sign. */
  readonly points: (difference: number) => string;
  /** A difference of numbers that are no shares, with its sign. */
  readonly signed: (difference: number, digits: number) => string;
  readonly change: (relative: number) => string;
  readonly money: (value: Json, options?: { readonly short?: boolean }) => string;
  readonly date: (day: string) => string;
  readonly month: (day: string) => string;
  readonly shortMonth: (day: string) => string;
  readonly instant: (instant: string) => string;
  readonly duration: (milliseconds: number) => string;
  /** 1 is Monday. */
  readonly weekday: (day: number) => string;
  readonly shortWeekday: (day: number) => string;
  readonly hour: (hour: number) => string;
  /** A span of seconds in the unit that reads best. */
  readonly span: (seconds: number) => string;
  readonly value: (value: Json, unit: Unit) => string;
  /** A round number such as a threshold: no digits that say nothing. */
  readonly round: (value: number, unit: Unit) => string;
  readonly decimalMark: string;
  readonly groupMark: string;
  /** What stands before and behind an amount. */
  readonly currencyMarks: readonly [before: string, behind: string];
  /** How many digits an amount has after its mark: 2 of euros, none of yen. */
  readonly currencyDigits: number;
};

/** A ratio that is called a rate reads as percent: a margin, a return, growth. */
export function shownUnit(unit: Unit, column: string): Unit {
  return unit === 'ratio' && column.endsWith('_rate') ? 'rate' : unit;
}

export function createFormat(locale: string, timeZone: string, currency: string): Format {
  const numbers = new Map<string, Intl.NumberFormat>();
  const numberOf = (options: Intl.NumberFormatOptions): Intl.NumberFormat => {
    const key = JSON.stringify(options);
    const known = numbers.get(key) ?? new Intl.NumberFormat(locale, options);
    numbers.set(key, known);
    return known;
  };
  // Decimal text is given as it is: Intl rounds its digits, not those of a double.
  const write = (value: Json, options: Intl.NumberFormatOptions): string =>
    numberOf(options).format(value as Intl.StringNumericLiteral);
  const dates = (options: Intl.DateTimeFormatOptions): ((text: string) => string) => {
    const formatter = new Intl.DateTimeFormat(locale, options);
    return (text) => formatter.format(new Date(text));
  };
  const day = dates({ dateStyle: 'medium', timeZone: 'UTC' });
  const month = dates({ month: 'long', year: 'numeric', timeZone: 'UTC' });
  const shortMonth = dates({ month: 'short', year: '2-digit', timeZone: 'UTC' });
  const weekday = dates({ weekday: 'long', timeZone: 'UTC' });
  const shortWeekday = dates({ weekday: 'short', timeZone: 'UTC' });
  const instant = dates({
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  });
  const format: Omit<Format, 'value' | 'round'> = {
    count: (value) => write(value, { maximumFractionDigits: 0 }),
    number: (value, digits) => write(value, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    percent: (value) => {
      const size = Math.abs(Number(value));
      const digits = fractionDigits(size);
      if (size > 0 && size < tiny) {
        return `< ${write(tiny, { style: 'percent', maximumFractionDigits: 3 })}`;
      }
      return write(value, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits });
    },
    share: (value) => write(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    points: (difference) => {
      const digits = Math.abs(difference) < 0.01 ? 2 : 1;
      return write(difference * 100, {
        signDisplay: 'exceptZero',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
    },
    signed: (difference, digits) =>
      write(difference, {
        signDisplay: 'exceptZero',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
    change: (relative) =>
      write(relative, {
        style: 'percent',
        signDisplay: 'exceptZero',
        maximumFractionDigits: 1,
        minimumFractionDigits: 1,
      }),
    money: (value, { short = false } = {}) =>
      write(value, {
        style: 'currency',
        currency,
        currencyDisplay: 'narrowSymbol',
        ...(short && Math.abs(Number(value)) >= 10_000 ? { maximumFractionDigits: 0 } : {}),
      }),
    date: day,
    month,
    shortMonth,
    instant,
    duration: (milliseconds) =>
      write(milliseconds / 1000, {
        style: 'unit',
        unit: 'second',
        maximumFractionDigits: milliseconds < 10_000 ? 1 : 0,
      }),
    weekday: (day) => weekday(mondayAnd(day)),
    shortWeekday: (day) => shortWeekday(mondayAnd(day)),
    hour: (hour) => `${String(hour).padStart(2, '0')}:00`,
    span: (seconds) => {
      const [unit, size] =
        seconds < 5400
          ? (['minute', 60] as const)
          : seconds < 129_600
            ? (['hour', 3600] as const)
            : (['day', 86_400] as const);
      const value = seconds / size;
      return write(value, {
        style: 'unit',
        unit,
        unitDisplay: 'long',
        maximumFractionDigits: value < 10 ? 1 : 0,
      });
    },
    decimalMark: markOf(locale, 'decimal'),
    groupMark: markOf(locale, 'group'),
    currencyMarks: currencyMarks(locale, currency),
    currencyDigits: numberOf({ style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2,
  };
  const value = (content: Json, unit: Unit): string => {
    if (unit === 'count') return format.count(content);
    if (unit === 'rate') return format.percent(content);
    if (unit === 'ratio') return format.number(content, 2);
    if (unit === 'money') return format.money(content);
    if (unit === 'seconds') return format.span(Number(content));
    if (unit === 'date') return format.date(String(content));
    if (unit === 'month') return format.month(String(content));
    if (unit === 'instant') return format.instant(String(content));
    return String(content);
  };
  const round = (content: number, unit: Unit): string =>
    write(content, {
      maximumFractionDigits: 2,
      minimumFractionDigits: 0,
      ...(unit === 'rate'
        ? { style: 'percent' }
        : unit === 'money'
          ? { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }
          : {}),
    });
  return { ...format, value, round };
}

/** Day 1 is a Monday. */
function mondayAnd(day: number): string {
  return new Date(Date.UTC(2024, 0, day)).toISOString();
}

/** Below it a share would read as none at all. */
const tiny = 0.000_01;

/** Two digits that mean something, also for a complaint rate of some hundredths of a percent. */
function fractionDigits(value: number): number {
  if (value === 0) return 0;
  if (value >= 0.1) return 1;
  return value >= 0.01 ? 2 : 3;
}

function currencyMarks(locale: string, currency: string): readonly [string, string] {
  const money = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  const amount = money.formatToParts(1).map(({ type, value }) => (type === 'integer' ? '1' : value));
  const [before, behind] = [amount.slice(0, amount.indexOf('1')), amount.slice(amount.indexOf('1') + 1)];
  return [before.join(''), behind.filter((part) => !/^[.,\d]+$/.test(part)).join('')];
}

function markOf(locale: string, type: 'decimal' | 'group'): string {
  return new Intl.NumberFormat(locale).formatToParts(12_345.6).find((part) => part.type === type)?.value ?? '';
}

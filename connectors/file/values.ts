import { DateTime } from 'luxon';
import type { Field } from './entity.ts';

/** How a text of the file is to be read. */
export type ValueFormat = {
  readonly decimal: '.' | ',';
  readonly timeZone: string | undefined;
  readonly format: string | undefined;
};

/** A value that does not fit: what is wrong and what to do, without the value itself. */
export class ValueError extends Error {
  /** Whether the value is a time that may come: then it fits on a later day. */
  readonly isAhead: boolean;

  constructor(message: string, isAhead = false) {
    super(message);
    this.isAhead = isAhead;
  }
}

const earliest = Date.UTC(1990, 0, 1);
/** A budget or a planned mailing is dated years ahead at most; milliseconds taken for seconds, tens of thousands of years. */
const farAheadMs = 10 * 366 * 86_400_000;
const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Reads one text by the field's type. Exact: numbers stay text, instants become UTC. Throws ValueError. */
export function readValue(text: string, field: Field, how: ValueFormat, latest: number): string {
  switch (field.type) {
    case 'text':
    case 'id':
      return text;
    case 'decimal':
      return readDecimal(text, how.decimal);
    case 'count':
      return readCount(text);
    case 'share':
      return readShare(text, how.decimal);
    case 'domain':
      return readDomain(text);
    case 'currency':
      if (!currencies.has(text)) throw new ValueError('is not an ISO 4217 currency code in capitals, such as EUR');
      return text;
    case 'boolean':
      return readBoolean(text);
    case 'enum':
      if (field.values?.includes(text) !== true) {
        throw new ValueError(
          `is none of ${field.values?.join(', ') ?? ''}: translate the file's words with values: { … }`,
        );
      }
      return text;
    case 'date':
      return readInstant(text, { ...how, timeZone: how.timeZone ?? 'UTC' }, latest).slice(0, 10);
    case 'instant':
      return new Date(readInstant(text, how, latest)).toISOString();
  }
}

/** The number that a text is, or NaN; with a decimal comma, points may group thousands. */
export function numberOf(text: string, mark: '.' | ','): number {
  if (mark === '.') return text === '' ? Number.NaN : Number(text);
  return commaNumber.test(text) ? Number(text.replaceAll('.', '').replace(',', '.')) : Number.NaN;
}

const commaNumber = /^-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$/;

/** `1234.56` as it is; `1.234,56` only where the decimal mark is declared as a comma. At most 29 digits before the point, 9 after. */
function readDecimal(text: string, mark: '.' | ','): string {
  const pattern = mark === '.' ? /^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/ : commaNumber;
  if (!pattern.test(text)) throw notANumber(mark);
  const plain = mark === '.' ? text.replaceAll(',', '') : text.replaceAll('.', '').replace(',', '.');
  if (mark === '.' && text.includes(',')) {
    throw new ValueError(
      'has a comma, which could group thousands or mark decimals: declare decimal: "." or "," for this field',
    );
  }
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.');
  if (whole.replace(/^0+/, '').length > 29 || fraction.replace(/0+$/, '').length > 9) {
    throw new ValueError(
      'has more than 29 digits before or 9 after the decimal mark, which a money column cannot hold exactly',
    );
  }
  return plain;
}

export function notANumber(mark: '.' | ','): ValueError {
  return new ValueError(
    `is not a number with decimal mark "${mark}": declare the file's mark with decimal:, and map units and currency apart`,
  );
}

function readCount(text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw new ValueError('is not a whole number of 0 or more');
  return text;
}

function readShare(text: string, mark: '.' | ','): string {
  const share = readDecimal(text, mark);
  if (Number(share) < 0 || Number(share) > 1) {
    throw new ValueError('is not within 0 and 1: a share of 0.3 % is 0.003');
  }
  return share;
}

/** `Gmail.com` is gmail.com; a name such as Gmail is refused, because nobody can tell which domains it means. */
function readDomain(text: string): string {
  const domain = text.normalize('NFC').toLowerCase().normalize('NFC');
  if (!/^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)+$/u.test(domain)) {
    throw new ValueError('is not a domain such as gmail.com: translate names with values: { Gmail: gmail.com }');
  }
  return domain;
}

function readBoolean(text: string): string {
  const lower = text.toLowerCase();
  if (['true', '1', 'yes', 't', 'y'].includes(lower)) return 'true';
  if (['false', '0', 'no', 'f', 'n'].includes(lower)) return 'false';
  throw new ValueError(
    "is neither true nor false (true/false, 1/0, yes/no): translate the file's words with equals: or values:",
  );
}

/** ISO text that keeps the local date first, so that a date field can take its first ten characters. */
function readInstant(text: string, how: ValueFormat, latest: number): string {
  let at: DateTime;
  let namesZone = true;
  if (how.format === 'epoch-s' || how.format === 'epoch-ms') {
    if (!/^-?\d+$/.test(text))
      throw new ValueError(`is not a whole number of ${how.format === 'epoch-s' ? 'seconds' : 'milliseconds'}`);
    at = DateTime.fromMillis(Number(text) * (how.format === 'epoch-s' ? 1000 : 1), { zone: how.timeZone ?? 'UTC' });
  } else {
    namesZone =
      how.format === undefined
        ? /(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$/.test(text) && text.length > 10
        : /[zZ]/.test(how.format.replace(/'[^']*'/g, ''));
    const options = { zone: how.timeZone ?? 'UTC', setZone: false };
    // Luxon fills what is not there: a time alone would be today's, a year alone its first day. And it takes names of months in the
    // language of the machine, so that the same file would read otherwise on another one.
    if (how.format !== undefined) at = DateTime.fromFormat(text, how.format, { ...options, locale: 'en-US' });
    else if (/^\d{4}-?[\dW]/.test(text)) at = DateTime.fromISO(text.replace(' ', 'T'), options);
    else at = DateTime.invalid('no day');
  }
  if (!at.isValid) {
    throw new ValueError(
      how.format === undefined
        ? 'is not an ISO-8601 date or time that exists: declare format: (e.g. dd.MM.yyyy HH:mm)'
        : `does not fit format: ${how.format}`,
    );
  }
  if (!namesZone && how.timeZone === undefined)
    throw new ValueError('names no time zone: add time_zone: (e.g. Europe/Berlin) to the file');
  const ms = at.toMillis();
  if (ms < earliest || ms > latest + farAheadMs) {
    throw new ValueError(
      `lies ${ms < earliest ? 'before 1990' : 'more than ten years ahead'}: check the unit (epoch-s or epoch-ms) and the format`,
    );
  }
  if (ms > latest) {
    throw new ValueError(
      'lies more than two days ahead: it is read again when its day has come; until then check the format and the clock of this machine',
      true,
    );
  }
  return at.toISO() as string;
}

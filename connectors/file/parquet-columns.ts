import { parquetSchema, type FileMetaData, type SchemaElement } from 'hyparquet';

/** Writes a stored value, never null, as a CSV export has it. */
export type CellText = (cell: unknown) => string;

/**
 * hyparquet makes doubles of decimals and moments in UTC of all dates and times. Columns of these types are read as the integers
 * that are stored, by a schema without the annotations, and `texts` writes them: exact amounts, days, and times that name UTC
 * only where the column does. Single-precision numbers get the digits that tell them apart, as every export to text gives them.
 * What is inside lists and structs stays as hyparquet makes it: no field can be mapped to it.
 */
export function storedColumns(metadata: FileMetaData): {
  readonly metadata: FileMetaData;
  readonly texts: ReadonlyMap<string, CellText>;
  readonly columns: readonly string[];
} {
  const texts = new Map<string, CellText>();
  const plain = new Map<SchemaElement, SchemaElement>();
  const found = parquetSchema(metadata).children;
  for (const { element, children } of found) {
    if (children.length > 0 || element.repetition_type === 'REPEATED') continue;
    const text = cellText(element);
    if (text === undefined) continue;
    texts.set(element.name, text);
    const { converted_type: _converted, logical_type: _logical, ...stored } = element;
    // Bytes of any length without an annotation would be read as UTF-8.
    plain.set(element, stored.type === 'BYTE_ARRAY' ? { ...stored, type: 'FIXED_LEN_BYTE_ARRAY' } : stored);
  }
  return {
    metadata: { ...metadata, schema: metadata.schema.map((element) => plain.get(element) ?? element) },
    texts,
    columns: found.map(({ element }) => element.name),
  };
}

/** How many of a stored time's units make a second. */
const perSecond = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const;

function cellText({
  type,
  converted_type: converted,
  logical_type: logical,
  scale,
}: SchemaElement): CellText | undefined {
  if (type === 'FLOAT') return floatText;
  if (logical?.type === 'DECIMAL') return (cell) => decimalText(cell, logical.scale);
  if (converted === 'DECIMAL') return (cell) => decimalText(cell, scale ?? 0);
  if (logical?.type === 'DATE' || converted === 'DATE') return dayText;
  if (logical?.type === 'TIMESTAMP') {
    return (cell) => timeText(cell, perSecond[logical.unit]) + (logical.isAdjustedToUTC ? 'Z' : '');
  }
  // Of the time before logical types, when all times were UTC:
  // https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#timestamp
  if (converted === 'TIMESTAMP_MILLIS') return (cell) => `${timeText(cell, perSecond.MILLIS)}Z`;
  if (converted === 'TIMESTAMP_MICROS') return (cell) => `${timeText(cell, perSecond.MICROS)}Z`;
  return undefined;
}

/** An integer: a number, a bigint, or two's complement with the highest byte first. */
function stored(cell: unknown): bigint {
  if (!(cell instanceof Uint8Array)) return BigInt(cell as number | bigint);
  return cell.length === 0 ? 0n : BigInt.asIntN(8 * cell.length, BigInt(`0x${Buffer.from(cell).toString('hex')}`));
}

function decimalText(cell: unknown, scale: number): string {
  const unscaled = stored(cell);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Nine digits always tell a single-precision number; the fewest that do are those that somebody wrote: 19.99, not 19.989999771. */
function floatText(cell: unknown): string {
  const number = Number(cell);
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === number) return String(shorter);
  }
  return String(Number(number.toPrecision(9)));
}

function dayText(cell: unknown): string {
  return momentText(stored(cell) * 86_400n).replace(/T.*/, '');
}

/** To the millisecond, and further where the column has more. */
function timeText(cell: unknown, units: bigint): string {
  const at = stored(cell);
  const fraction = ((at % units) + units) % units;
  const digits = String(fraction)
    .padStart(String(units).length - 1, '0')
    .replace(/0+$/, '')
    .padEnd(3, '0');
  return `${momentText((at - fraction) / units)}.${digits}`;
}

/** Seconds since 1970 as `yyyy-MM-ddTHH:mm:ss`; what no calendar holds stays a number, which no date field takes. */
function momentText(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(/\.\d+Z$/, '');
}

const units: Readonly<Record<string, number>> = { B: 0, KB: 1, MB: 2, GB: 3, TB: 4, PB: 5 };

/** Bytes of an amount such as `100 GB` or `1.5 TiB`; units of 1024, as BigQuery bills. Undefined when it is none. */
export function parseBytes(amount: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([KMGTP]?i?B)$/i.exec(amount.trim()) ?? [];
  const power = units[unit.toUpperCase().replace('I', '')];
  if (number === undefined || power === undefined) return undefined;
  const bytes = Math.round(Number(number) * 1024 ** power);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

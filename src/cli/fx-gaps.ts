import type { FxGap } from './published-status.ts';

/** Which amounts are counted nowhere for want of an exchange rate, a line a currency, and what to do; none when all are. */
export function fxGapLines(gaps: readonly FxGap[]): readonly string[] {
  if (gaps.length === 0) return [];
  return [
    'No exchange rate, so counted nowhere:',
    ...gaps.map(({ currency, months, first_month, last_month }) =>
      months === 1
        ? `  - amounts in ${currency} of ${first_month}`
        : `  - amounts in ${currency} of ${months} months, ${first_month} to ${last_month}`,
    ),
    `  Give their rates (entity fx_rates of a file) and run again. Which they are: mailmart query "select month, account_id, unavailable_reason from marts.profit_monthly where unavailable_reason like '%FX rate%'"`,
  ];
}

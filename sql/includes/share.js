/**
 * Shares of an amount of money: whole minor units (cents) of the reporting currency by largest remainder, so that the parts
 * always make the whole. What an amount holds below one minor unit (an exchange rate leaves it) goes with the first part.
 */
const dialect = require('./dialect');

const { engine, currency } = dataform.projectConfig.vars;
const duck = engine === 'duckdb';

/** ISO 4217: currencies whose minor unit is not the hundredth. */
const digitsOf = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
};
const digits = Number(Object.keys(digitsOf).find((count) => digitsOf[count].split(' ').includes(currency)) ?? 2);
const perUnit = 10 ** digits;
const unit = (1 / perUnit).toFixed(digits);

/** Without its sign. Neither abs() nor a product of NUMERIC: the emulator of BigQuery makes doubles of them. */
const size = (amount) => (duck ? `abs(${amount})` : `(case when ${amount} < 0 then 0 - ${amount} else ${amount} end)`);
/** Whole minor units of an amount, without its sign. */
const units = (amount) =>
  duck
    ? `cast(trunc(${size(amount)} * ${perUnit}) as hugeint)`
    : `cast(trunc(${dialect.multiplyMoney(size(amount), perUnit)}) as int64)`;
const quotient = (a, b) => (duck ? `(${a} // nullif(${b}, 0))` : `div(${a}, nullif(${b}, 0))`);
const rest = (a, b) => (duck ? `(${a} % nullif(${b}, 0))` : `mod(${a}, nullif(${b}, 0))`);
const whole = (x) => (duck ? `cast(${x} as hugeint)` : `cast(${x} as int64)`);

/** Minor units as money. */
const asMoney = (count) =>
  duck
    ? `cast(cast(${count} as decimal(38, 0)) * ${unit} as decimal(38, 9))`
    : dialect.multiplyMoney(count, `'${unit}'`);

/** `count` minor units of `amount`, with its sign; the part of rank 1 takes what is below a minor unit. */
const part = (amount, count, rank) => {
  const below = `${size(amount)} - ${asMoney(units(amount))}`;
  const unsigned = `(${asMoney(count)} + case when ${rank} = 1 then ${below} else 0 end)`;
  // Not sign(): what the emulator of BigQuery multiplies with it loses its decimal point.
  return dialect.money(`case when ${amount} < 0 then 0 - ${unsigned} else ${unsigned} end`);
};

/** One of `count` equal parts; the first by rank get the units that are left. */
const equal = (amount, count, rank) =>
  part(
    amount,
    `(${quotient(units(amount), whole(count))} + case when ${rank} <= ${rest(units(amount), whole(count))} ` +
      'then 1 else 0 end)',
    rank,
  );

/** Parts by weight need three steps: `base` and `remainder` of each row, their rank and what is left, and the part. */
const base = (amount, weight, total) => quotient(`(${units(amount)} * ${whole(weight)})`, whole(total));
const remainder = (amount, weight, total) => rest(`(${units(amount)} * ${whole(weight)})`, whole(total));
const left = (amount, bases) => `(${units(amount)} - ${whole(bases)})`;
const weighted = (amount, basis, rank, leftUnits) =>
  part(amount, `(${basis} + case when ${rank} <= ${leftUnits} then 1 else 0 end)`, rank);

/** Parts of one whole, in billionths. */
const credit = (count, rank) => {
  const billion = duck ? '1000000000' : 'cast(1000000000 as int64)';
  const parts = `(${quotient(billion, count)} + case when ${rank} <= ${rest(billion, count)} then 1 else 0 end)`;
  return duck
    ? `cast(cast(${parts} as decimal(38, 0)) * 0.000000001 as decimal(38, 9))`
    : dialect.multiplyMoney(parts, "'0.000000001'");
};

module.exports = { equal, base, remainder, left, weighted, credit };

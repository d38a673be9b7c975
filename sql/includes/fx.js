/**
 * Conversion into the reporting currency: the latest rate on or before the amount's day (its date in the reporting time
 * zone), which the model left joins as `fx`; the same currency needs no rate; without one the amount is NULL and
 * `fx_missing` says so.
 */

/** Condition of the left join. */
const joinOn = (currency, day) =>
  `fx.from_currency = ${currency}
    and fx.to_currency = ${dialect.companyCurrency()}
    and fx.rate_date <= ${day}
    and (fx.next_rate_date is null or ${day} < fx.next_rate_date)`;

/** The converted amount. */
const convert = (amount, currency) =>
  `case when ${currency} = ${dialect.companyCurrency()} then ${amount} ` +
  `else ${dialect.multiplyMoney(amount, 'fx.rate')} end`;

/** Whether the row cannot be converted. */
const missing = (currency) => `coalesce(${currency} <> ${dialect.companyCurrency()} and fx.rate is null, false)`;

module.exports = { joinOn, convert, missing };

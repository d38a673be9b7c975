/** The query of metric_values, made from the catalog: a metric is in it when its mart says what its rows are (`marts`). */
const dialect = require('./dialect');
const mart = require('./mart');
const catalog = require('./metrics.yaml').asJson;

/** Metrics whose number at any coarser grain follows from sums of columns of their own mart. */
const summed = (name) =>
  catalog.metrics.filter(
    (metric) =>
      metric.mart === name &&
      metric.available !== false &&
      ![metric.numerator, metric.denominator].some((part) => (part || '').includes('.')),
  );

/** The mart's own reason for a column: what stands behind `column: ` in unavailable_reason. */
const reasonOf = (column) => dialect.regexpExtract('unavailable_reason', `(?:^|; )${column}: ([^;]*)`);

const caseOf = (value, branches) =>
  `case ${value} ${branches.map(([when, then]) => `when ${dialect.literal(when)} then ${then}`).join('\n')} end`;

const union = (rows) => rows.join('\nunion all\n');

/** One mart's metrics at each of its levels, as sums. */
const level = (name, ref) => {
  const { account, date, window, levels } = catalog.marts[name];
  const metrics = summed(name);
  const hasReasons = catalog.marts[name].reasons !== false;
  const perMetric = (text) =>
    caseOf(
      'names.metric',
      metrics.map((metric) => [metric.key, text(metric)]),
    );
  const day = date === undefined ? dialect.nullAs(dialect.dateType()) : date;
  const combinations = levels.flatMap(({ scope, periods }) => periods.map((period) => [scope || '', period]));
  const idOf = ({ scope, id }) => [scope || '', id || (scope === 'account' ? 'account_id' : dialect.literal('all'))];
  const scoped = levels.some(({ scope_column: column }) => column);
  const ofAccount = (column) =>
    account ? `case when levels.level_scope <> 'all' then ${column} end` : dialect.nullAs(dialect.stringType());
  return `select
    counted.metric,
    ${scoped ? `counted.${levels[0].scope_column}` : 'levels.level_scope'} as of_scope,
    ${caseOf('levels.level_scope', levels.map(idOf))} as of_scope_id,
    ${ofAccount('counted.source')} as of_source,
    ${ofAccount('counted.account_id')} as of_account,
    levels.level_period as of_period,
    case levels.level_period
        when 'day' then counted.counted_day
        when 'month' then ${dialect.month('counted.counted_day')}
        when 'window' then counted.counted_day
    end as period_day,
    ${window === undefined ? dialect.nullAs(dialect.intType()) : `counted.${window}`} as window_length,
    min(counted.counted_day) as first_day,
    sum(case when counted.is_counted then counted.part end) as numerator,
    sum(case when counted.is_counted then counted.whole end) as denominator,
    count(*) as row_count,
    count(case when counted.is_counted then 1 end) as counted_count,
    min(counted.reason) as reason,
    min(case when not counted.is_counted then counted.reason end) as left_out_reason,
    max(case when not counted.is_counted then counted.reason end) as last_left_out_reason
from (
    select
        rated.*,
        ${day} as counted_day,
        rated.part is not null
        and (rated.whole is not null or not rated.has_whole)
        and (rated.own_value is not null or rated.reason is null) as is_counted
    from (
        select
            rows_of.*,
            names.metric,
            names.has_whole,
            ${perMetric(({ numerator }) => dialect.money(numerator))} as part,
            ${perMetric(({ denominator }) => (denominator ? dialect.money(denominator) : dialect.nullAs(dialect.decimalType())))} as whole,
            ${perMetric(({ column }) => `cast(${column} as ${dialect.doubleType()})`)} as own_value,
            ${hasReasons ? perMetric(({ column }) => reasonOf(column)) : dialect.nullAs(dialect.stringType())} as reason
        from ${ref(name)} as rows_of
        cross join (
            ${union(metrics.map(({ key, denominator }) => `select ${dialect.literal(key)} as metric, ${Boolean(denominator)} as has_whole`))}
        ) as names
    ) as rated
) as counted
cross join (
    ${union(combinations.map(([scope, period]) => `select ${dialect.literal(scope)} as level_scope, ${dialect.literal(period)} as level_period`))}
) as levels
group by counted.metric, of_scope, of_scope_id, of_source, of_account, of_period, period_day, window_length`;
};

const units = (unit) =>
  catalog.metrics
    .filter((metric) => metric.unit === unit)
    .map(({ key }) => dialect.literal(key))
    .join(', ');

/** Last day of the month that begins with `first`. */
const monthEnd = (first) => dialect.dateSub(dialect.month(dialect.dateAdd(first, '32')), '1');

/** The whole query. `ref` is the model's own. */
const query = (ref) => {
  const names = Object.keys(catalog.marts).filter((name) => summed(name).length > 0);
  const hasWhole = catalog.metrics.filter(({ denominator }) => denominator).map(({ key }) => dialect.literal(key));
  const isRatio = `sums.metric in (${hasWhole.join(', ')})`;
  const isMoney = `sums.metric in (${units('money')})`;
  const isRate = `sums.metric in (${units('rate')})`;
  const bounds = mart.wilson('sums.numerator', 'sums.denominator');
  return `with
sums as (
${names.map((name) => level(name, ref)).join('\nunion all\n')}
),

as_of as (
    select *
    from ${ref('ops', 'data_as_of')}
)

select
    sums.of_source as source,
    sums.of_account as account_id,
    sums.metric,
    sums.of_scope as scope,
    sums.of_scope_id as scope_id,
    coalesce(scope_names.name, sums.of_scope_id) as scope_name,
    sums.of_period as period,
    case sums.of_period
        when 'lifetime' then sums.first_day
        when 'window' then ${dialect.dateSub('sums.period_day', '(sums.window_length - 1)')}
        else sums.period_day
    end as period_start,
    case sums.of_period
        when 'lifetime' then as_of.as_of_date
        when 'month' then ${monthEnd('sums.period_day')}
        else sums.period_day
    end as period_end,
    case sums.of_period
        when 'window' then cast(sums.window_length as ${dialect.stringType()}) || ' days'
    end as window_text,
    case
        when not (${isRatio}) then cast(sums.numerator as ${dialect.doubleType()})
        when sums.denominator > 0 then ${dialect.safeDivide('sums.numerator', 'sums.denominator')}
    end as value,
    case
        when ${isMoney} and ${isRatio} then ${mart.divideMoney('sums.numerator', 'sums.denominator')}
        when ${isMoney} then sums.numerator
    end as value_amount,
    sums.numerator,
    sums.denominator,
    case when ${isMoney} then ${dialect.companyCurrency()} end as currency_code,
    case when ${isRate} then ${bounds.low} end as low_value,
    case when ${isRate} then ${bounds.high} end as high_value,
    case
        when sums.row_count = 1 then sums.reason
        when sums.counted_count < sums.row_count
            then
                cast(sums.row_count - sums.counted_count as ${dialect.stringType()}) || ' of '
                || cast(sums.row_count as ${dialect.stringType()})
                || ' are left out' || coalesce(': ' || sums.left_out_reason, '')
                || case
                    when sums.left_out_reason <> sums.last_left_out_reason then ', among other reasons'
                    else ''
                end
        else sums.reason
    end as unavailable_reason,
    as_of.data_changed_at as refreshed_at
from sums
left join ${ref('int_scope_name')} as scope_names
    on
        sums.of_scope = scope_names.scope
        and sums.of_scope_id = scope_names.scope_id
        and sums.of_source = scope_names.source
        and sums.of_account = scope_names.account_id
cross join as_of`;
};

module.exports = { query, summed };

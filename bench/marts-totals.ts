/** The same totals of the hand-written tables and of the marts: it would be no comparison if they differed. */
export const straightTotals = {
  campaign: `select sum(sent_count) as sent, sum(bounce_count) as bounced, sum(total_open_count) as opens,
    sum(unique_open_count) as openers, sum(human_unique_open_count) as human_openers, sum(unique_click_count) as clickers,
    sum(human_unique_click_count) as human_clickers from campaign`,
  member: `select sum(mailed_count) as mailed, sum(opened_count) as opened, sum(clicked_count) as clicked,
    sum(order_count) as orders, sum(revenue) as revenue, sum(refunds) as refunds from member`,
  audience: `select mailed_count as mailed, active_count as active from audience
    where day <= date '2026-05-01' order by day desc limit 1`,
} as const;

export const martTotals: Readonly<Record<keyof typeof straightTotals, string>> = {
  campaign: `select sum(sent_count) as sent, sum(bounce_count) as bounced, sum(total_open_count) as opens,
    sum(unique_open_count) as openers, sum(human_unique_open_count) as human_openers, sum(unique_click_count) as clickers,
    sum(human_unique_click_count) as human_clickers from core.int_campaign_counts`,
  member: `select sum(mailed_count) as mailed, sum(opened_count) as opened, sum(clicked_count) as clicked,
    sum(order_count) as orders, sum(revenue_amount) as revenue, sum(refund_amount) as refunds from marts.subscriber_ltv`,
  audience: `select mailed_count as mailed, active_count as active from marts.active_audience_daily
    where scope = 'all' and window_days = 90 and day = date '2026-05-01'`,
};

/** Numbers as text, however an engine's driver gives them. */
export const textOf = (rows: readonly Readonly<Record<string, unknown>>[]): string =>
  Object.entries(rows[0] ?? {})
    .map(([name, value]) => `${name} ${Number(value)}`)
    .join(', ');

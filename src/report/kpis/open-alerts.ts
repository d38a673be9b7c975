import type { Context } from '../context.ts';
import type { Kpi } from './kpi.ts';

const table = 'marts.alerts';

/** Each card with the number of open incidents of what it shows: a threshold that is met says nothing of a rise. */
export async function withOpenAlerts(context: Context, kpis: readonly Kpi[]): Promise<readonly Kpi[]> {
  const { reader, catalog, period } = context;
  const rows = await reader.rows(
    [table],
    `select rule, metric, count(distinct incident_id) as open from ${table}
      where closed_date is null and day <= date '${period.asOf ?? period.to}' group by rule, metric`,
  );
  return kpis.map((kpi): Kpi => {
    const openAlerts = rows
      .filter((row) => row['rule'] === kpi.key || row['metric'] === kpi.key)
      .filter((row) => {
        const watched = catalog.metrics.find(({ key }) => key === row['rule'])?.alert?.window;
        return watched === undefined || kpi.source.filter?.endsWith(`window_days = ${Number.parseInt(watched, 10)}`);
      })
      .reduce((sum, row) => sum + Number(row['open']), 0);
    return { ...kpi, openAlerts };
  });
}

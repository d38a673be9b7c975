import { bytesText, type Budget } from '../warehouse/bigquery/budget.ts';
import type { Published } from '../warehouse/duckdb/index.ts';

/**
 * List price of BigQuery on demand in the US, US dollars a TiB, as of November 2026; other regions have their own, the first TiB of
 * a month is free, and with reserved capacity bytes cost nothing: https://cloud.google.com/bigquery/pricing
 */
export const onDemandUsdPerTib = 6.25;

/** US dollars of so many bytes on demand, to the cent: an estimate. */
export const usdOf = (bytes: number): number => Math.round((bytes / 1024 ** 4) * onDemandUsdPerTib * 100) / 100;

export function moneyText(bytes: number): string {
  const usd = usdOf(bytes);
  return usd < 0.01 ? 'less than US$ 0.01' : `about US$ ${usd.toFixed(2)}`;
}

/** Said wherever money is shown. */
export const priceNote = `Estimated at BigQuery's on-demand list price in the US, US$ ${onDemandUsdPerTib} a TiB; your region, free TiB or reservation may differ.`;

/** What the models of one run were billed. */
export type RunCost = {
  readonly run_id: string;
  readonly bytes_billed: number;
  /** What their dry runs had said. */
  readonly bytes_estimated: number;
  readonly max_bytes_per_query: number;
  readonly max_bytes_per_run: number;
  readonly usd_on_demand_estimate: number;
  /** The dearest first, at most five. */
  readonly dearest: readonly { readonly name: string; readonly bytes_billed: number }[];
};

/** Cost of a run (default: of the last one with models) from the published copy; null where nothing is billed or known. */
export async function readCost(published: Published, budget: Budget | null, runId?: string): Promise<RunCost | null> {
  if (budget === null) return null;
  const columns = await published.query(
    `select column_name from information_schema.columns where table_schema = 'status' and table_name = 'models'
      and column_name = 'bytes_billed'`,
  );
  // A copy of an older mailmart, or none of its models ran.
  if (columns.rows.length === 0) return null;
  const { rows } = await published.query(
    `select run_id, name, bytes_billed, bytes_estimated, finished_at from status.models where bytes_billed is not null
    order by finished_at desc, name`,
    { maxRows: 100_000 },
  );
  const last = runId ?? (await newestOf(published, new Set(rows.map(([run]) => String(run))))) ?? rows[0]?.[0];
  const models = rows
    .filter(([run]) => run === last)
    .map(([, name, billed, estimated]) => ({
      name: String(name),
      bytes_billed: Number(billed),
      estimated: Number(estimated ?? 0),
    }));
  if (models.length === 0) return null;
  const billed = models.reduce((sum, model) => sum + model.bytes_billed, 0);
  return {
    run_id: String(last),
    bytes_billed: billed,
    bytes_estimated: models.reduce((sum, { estimated }) => sum + estimated, 0),
    max_bytes_per_query: budget.maxBytesPerQuery,
    max_bytes_per_run: budget.maxBytesPerRun,
    usd_on_demand_estimate: usdOf(billed),
    dearest: models
      .toSorted((a, b) => b.bytes_billed - a.bytes_billed)
      .slice(0, 5)
      .filter((model) => model.bytes_billed > 0)
      .map((model) => ({ name: model.name, bytes_billed: model.bytes_billed })),
  };
}

/** The newest of these runs, as the run log has them: by the time of a clock that stands still they are all the same. */
async function newestOf(published: Published, runs: ReadonlySet<string>): Promise<string | undefined> {
  const has = await published.query(
    `select 1 from information_schema.tables where table_schema = 'status' and table_name = 'runs'`,
  );
  if (has.rows.length === 0) return undefined;
  const log = await published.query('select run_id from status.runs order by rowid');
  return log.rows.map(([run]) => String(run)).find((run) => runs.has(run));
}

/** One line: what was billed, of what budget, and about how much money that is. */
export function costLine(cost: RunCost): string {
  return `Billed: ${bytesText(cost.bytes_billed)} of the ${bytesText(cost.max_bytes_per_run)} that a run may read (warehouse.max_bytes_per_run), ${moneyText(cost.bytes_billed)}.`;
}

/** The models that cost most, for people. */
export function dearestLines(cost: RunCost): readonly string[] {
  return cost.dearest.map(({ name, bytes_billed: bytes }) => `${name}: ${bytesText(bytes)}`);
}

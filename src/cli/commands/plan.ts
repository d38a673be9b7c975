import type { Ahead, StreamAhead } from '../../../activities/index.ts';
import { lookAhead } from '../../../activities/index.ts';
import type { Project } from '../../config/load.ts';
import { clockFromEnv } from '../../contracts/clock.ts';
import { openToLook } from '../../temporal/project-deps.ts';
import { budgetOf } from '../../temporal/project-budget.ts';
import { askAhead } from '../../temporal/start.ts';
import { findWorker, withWorker } from '../../temporal/with-worker.ts';
import type { ModelAhead } from '../../transform/index.ts';
import { bytesText, type Budget } from '../../warehouse/bigquery/budget.ts';
import type { Context } from '../context.ts';
import { moneyText, priceNote, usdOf } from '../cost.ts';
import { countText } from '../durations.ts';
import type { ExitName } from '../exit-codes.ts';
import { lost, workerOptions } from '../hosting.ts';
import { warnOfLeftSources } from '../left-sources.ts';
import { tableText } from '../table.ts';
import { styled } from '../terminal-text.ts';
import { requireSource } from './check.ts';

export type PlanFlags = { readonly source?: readonly string[]; readonly select?: readonly string[] };

/** `mailmart plan`: what a run would do and cost. Writes nothing. */
export async function plan(context: Context, flags: PlanFlags): Promise<ExitName> {
  const { output } = context;
  const project = await context.project();
  for (const id of flags.source ?? []) requireSource(project, id);
  const now = clockFromEnv(context.env).now();
  await warnOfLeftSources(context, project);
  const ahead = await look(context, project, flags);
  const cost = costOf(ahead, budgetOf(project));
  const firsts = ahead.streams.filter(({ mode }) => mode === 'first').length;
  const changes = firsts > 0 || ahead.transform.models.length > 0;
  output.document('plan', {
    now,
    changes,
    streams: ahead.streams.map((stream) => ({
      source: stream.source,
      account_id: stream.accountId,
      stream: stream.stream,
      mode: stream.mode,
      from: stream.from,
      last_read_at: stream.lastReadAt,
      slices: stream.slices,
      requests: stream.requests,
      requests_exact: stream.isExact,
      unknown_until: stream.unknownUntil,
    })),
    models: ahead.transform.models,
    unchanged: ahead.transform.unchanged,
    cost,
  });
  if (!output.json) {
    output.data(planText(ahead, cost));
    output.say(
      changes
        ? `${styled('yellow', 'Changes pending')}: ${ahead.transform.models.length} models and tests would run; streams read for the first time: ${firsts}. Run it: mailmart run`
        : `${styled('green', 'Nothing to do')} for the models; a sync would only ask the sources what is new.`,
    );
  }
  return changes ? 'changes' : 'done';
}

/** The embedded file belongs to the worker while one runs; else, and on BigQuery, this process looks by itself. */
async function look(context: Context, project: Project, flags: PlanFlags): Promise<Ahead> {
  const input = {
    ...(flags.source === undefined ? {} : { accounts: flags.source }),
    ...(flags.select === undefined ? {} : { select: flags.select }),
  };
  if (project.config.warehouse.engine === 'duckdb' && findWorker(project) !== undefined) {
    return await withWorker(workerOptions(context, project), (worker) =>
      Promise.race([askAhead(worker, input), lost(worker, context.signal)]),
    );
  }
  const { deps, close } = await openToLook({ project, clock: clockFromEnv(context.env) });
  try {
    return await lookAhead(deps, input);
  } finally {
    await close();
  }
}

export type PlanCost = {
  /** Sum of what is known. */
  readonly bytes: number;
  readonly is_complete: boolean;
  readonly max_bytes_per_query: number;
  readonly max_bytes_per_run: number;
  /** What would be refused: models by name, and `run` when all together pass the budget of a run. */
  readonly over_budget: readonly string[];
  readonly usd_on_demand_estimate: number;
};

/** The bytes of a plan against the budget; null where nothing is billed. */
export function costOf({ transform }: Pick<Ahead, 'transform'>, budget: Budget | null): PlanCost | null {
  if (!transform.isBilled || budget === null) return null;
  const bytes = transform.models.reduce((sum, model) => sum + (model.bytes ?? 0), 0);
  const tooDear = transform.models.filter((model) => (model.bytes ?? 0) > budget.maxBytesPerQuery);
  return {
    bytes,
    is_complete: transform.models.every((model) => model.bytes !== null && model.note === null),
    max_bytes_per_query: budget.maxBytesPerQuery,
    max_bytes_per_run: budget.maxBytesPerRun,
    over_budget: [...tooDear.map(({ name }) => name), ...(bytes > budget.maxBytesPerRun ? ['run'] : [])],
    usd_on_demand_estimate: usdOf(bytes),
  };
}

const reasons: Readonly<Record<ModelAhead['reason'], string>> = {
  missing: 'not built yet',
  definition: 'its SQL changed',
  inputs: 'its inputs changed',
  full: 'asked for',
};

const modes: Readonly<Record<StreamAhead['mode'], string>> = {
  first: 'first read',
  whole: 'all again',
  changed: 'what changed',
  nothing: 'nothing is due',
};

/** The plan for people: streams, models, bytes. */
export function planText(ahead: Ahead, cost: PlanCost | null): string {
  const lines: string[] = [];
  if (ahead.streams.length > 0) {
    lines.push(
      'Sync would ask for:',
      tableText(
        ['source', 'stream', 'what', 'since', 'last read', 'slices', 'requests'],
        ahead.streams.map((stream) => [
          stream.accountId,
          stream.stream,
          modes[stream.mode],
          stream.from,
          stream.lastReadAt,
          countText(stream.slices),
          requestsText(stream),
        ]),
      ),
      '',
    );
  }
  const { models, unchanged } = ahead.transform;
  lines.push(`Transform would run ${models.length} models and tests; ${unchanged} are unchanged.`);
  if (models.length > 0) {
    lines.push(
      tableText(
        ['model', 'kind', 'why', 'how', ...(cost === null ? [] : ['reads', 'note'])],
        models.map((model) => [
          model.name,
          model.kind,
          reasons[model.reason],
          model.incremental ? 'new rows only' : 'whole',
          ...(cost === null ? [] : [model.bytes === null ? null : bytesText(model.bytes), model.note ?? '']),
        ]),
      ),
    );
  }
  if (cost !== null) lines.push('', ...costLines(cost));
  lines.push('');
  return lines.join('\n');
}

function requestsText(stream: StreamAhead): string {
  if (stream.unknownUntil.length > 0) return `after ${stream.unknownUntil.join(', ')}`;
  if (stream.requests === null) return '–';
  return stream.isExact ? countText(stream.requests) : `≥ ${countText(stream.requests)}`;
}

function costLines(cost: PlanCost): readonly string[] {
  const atLeast = cost.is_complete ? '' : 'at least ';
  const models = cost.over_budget.filter((name) => name !== 'run');
  return [
    `Reads ${atLeast}${bytesText(cost.bytes)} (${moneyText(cost.bytes)}); a query may read ${bytesText(cost.max_bytes_per_query)}, a run ${bytesText(cost.max_bytes_per_run)}.`,
    ...(models.length === 0 ? [] : [`Would be refused (warehouse.max_bytes_per_query): ${models.join(', ')}.`]),
    ...(cost.over_budget.includes('run')
      ? ['The run would be stopped at warehouse.max_bytes_per_run before its end.']
      : []),
    priceNote,
  ];
}

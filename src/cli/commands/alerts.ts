import { backTest, watchedValuesQuery } from '../../alerts/back-test.ts';
import { incidentOf, incidentsQuery, type Incident } from '../../alerts/incident.ts';
import type { Row } from '../../contracts/sync.ts';
import { severities, type Severity } from '../../transform/metric-alerts.ts';
import type { Published } from '../../warehouse/duckdb/index.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { tableText } from '../table.ts';
import { terminalText } from '../terminal-text.ts';
import { openForReading } from './query.ts';

export type AlertsFlags = { readonly since?: string };

/** More alerts than anybody reads; a bound on memory. */
const maxRows = 2_000_000;

/** `mailmart alerts`: what is open; `mailmart alerts test`: what the rules as configured now would have raised. */
export async function alerts(context: Context, action: string | undefined, flags: AlertsFlags): Promise<ExitName> {
  if (action === undefined && flags.since !== undefined) {
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: '--since goes with test: without it, all alerts that are open are shown.',
      fix: `mailmart alerts test --since ${flags.since}`,
    });
  }
  const { config, paths } = await context.project();
  const days = daysOf(flags.since ?? '90d');
  const published = await openForReading(paths.published);
  try {
    const asOf = await asOfDate(published);
    const from = new Date(Date.parse(asOf) - days * 86_400_000).toISOString().slice(0, 10);
    if (action === 'test') {
      const found = backTest(await rowsOf(published, watchedValuesQuery), config.alerts.rules);
      show(
        context,
        found.filter(({ firstSeen }) => firstSeen >= from),
        {
          mode: 'test',
          from,
          channels: config.alerts.channels,
          empty: `No rule would have raised an alert since ${from}.`,
        },
      );
    } else {
      const found = (await rowsOf(published, incidentsQuery('marts.alerts'))).map(incidentOf);
      show(
        context,
        found.filter(({ closed }) => closed === null),
        {
          mode: 'open',
          from: null,
          channels: config.alerts.channels,
          empty: 'No alert is open.',
        },
      );
    }
  } finally {
    published.close();
  }
  return 'done';
}

type Shown = {
  readonly mode: 'open' | 'test';
  readonly from: string | null;
  readonly channels: readonly { readonly id: string; readonly severity: Severity }[];
  readonly empty: string;
};

function show({ output }: Context, incidents: readonly Incident[], { mode, from, channels, empty }: Shown): void {
  const told = ({ severity }: Incident): readonly string[] =>
    channels
      .filter((channel) => severities.indexOf(severity) >= severities.indexOf(channel.severity))
      .map(({ id }) => id);
  output.document('alerts', {
    mode,
    from,
    incidents: incidents.map((one) => ({
      incident_id: one.id,
      rule: one.rule,
      scope: one.scope,
      scope_id: one.scopeId,
      scope_name: one.scopeName,
      account_id: one.accountId,
      severity: one.severity,
      text: one.text,
      advice: one.advice,
      value: one.value,
      threshold_value: one.threshold,
      baseline_value: one.baseline,
      method: one.method,
      first_seen_date: one.firstSeen,
      last_seen_date: one.lastSeen,
      closed_date: one.closed,
      days: one.days,
      channels: told(one),
    })),
  });
  if (output.json) return;
  if (incidents.length === 0) {
    output.say(empty);
    return;
  }
  const [head = '', ...lines] = tableText(
    ['since', 'last seen', ...(mode === 'test' ? ['over'] : []), 'severity', 'rule', 'scope', 'account'],
    incidents.map((one) => [
      one.firstSeen,
      one.lastSeen,
      ...(mode === 'test' ? [one.closed ?? 'open'] : []),
      one.severity,
      one.rule,
      one.scope,
      one.accountId,
    ]),
  ).split('\n');
  output.data(head);
  // The sentence names what it is about, and the number: it belongs under its line.
  for (const [index, { text, advice }] of incidents.entries()) {
    output.data([lines[index], `${terminalText(text)}.`, ...(mode === 'open' ? [advice] : [])].join('\n    '));
  }
  const s = incidents.length === 1 ? '' : 's';
  const toNobody = channels.length === 0 ? '; nobody is told: mailmart.yaml has no alerts.channels' : '';
  output.say(
    mode === 'open'
      ? `${incidents.length} open alert${s}${toNobody}`
      : `${incidents.length} alert${s} since ${from}${toNobody === '' ? ', one message each' : toNobody}`,
  );
}

async function asOfDate(published: Published): Promise<string> {
  const [row] = (await published.query('select cast(as_of_date as varchar) from status.data_as_of')).rows;
  if (typeof row?.[0] === 'string') return row[0];
  throw new CliError({
    code: 'DATA_NOT_PUBLISHED',
    exit: 'error',
    what: 'No models have been published yet.',
    fix: 'mailmart run',
  });
}

async function rowsOf(published: Published, sql: string): Promise<readonly Row[]> {
  const { columns, rows } = await published.query(sql, { maxRows });
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] as Row[string]])));
}

function daysOf(text: string): number {
  const days = Number(/^(?:P?)(\d{1,4})d$/i.exec(text)?.[1]);
  if (days > 0) return days;
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: '--since must be a number of days.',
    fix: 'For example --since 90d',
  });
}

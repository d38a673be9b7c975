import { z } from 'zod';
import { ruleMetrics, severities } from '../transform/metric-alerts.ts';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import { describe, text } from './described.ts';
import { nearest } from './suggest.ts';
import { fixedDuration, quoted, ruledText } from './values.ts';

const channelTypes = ['log', 'file', 'webhook', 'slack', 'email'] as const;

/** What each type of channel needs, and the other keys say nothing to it. */
const channelKeys: Readonly<Record<(typeof channelTypes)[number], readonly string[]>> = {
  log: [],
  file: ['path'],
  webhook: ['url'],
  slack: ['url'],
  email: ['server', 'from', 'to'],
};

/** Keys of a channel that are secrets: addresses that whoever knows them can post to, and passwords. */
export const channelSecrets: readonly string[] = ['url', 'server'];

const address = ruledText({
  ok: (value) => /^[^\s<>@,]+@[^\s<>@,]+\.[^\s<>@,]+$/.test(value),
  what: (value) => `${quoted(value)} is not an e-mail address.`,
  hint: () => ({ fix: 'Write the bare address, such as marketing@example.com.' }),
});

const channel = z
  .strictObject({
    id: describe(
      ruledText({
        ok: (value) => /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(value),
        what: (value) => `${quoted(value)} is not usable as an id: lower-case letters, digits, - and _, at most 63.`,
        hint: () => ({ fix: 'Write a short name, such as team.' }),
      }),
      'Your name of the channel. What was sent is remembered under it.',
      'team',
    ),
    type: describe(
      z.enum(channelTypes),
      '`log`: a line in the run’s log. `file`: a line of JSON. `webhook`: a post of JSON. `slack`: a post to an incoming webhook of Slack. `email`: by SMTP.',
      'slack',
    ),
    url: describe(
      z.string().optional(),
      'webhook, slack: address to post to, by reference: who knows it can post. https, or http on this machine.',
      '${env:SLACK_WEBHOOK_URL}',
    ),
    server: describe(
      z.string().optional(),
      'email: SMTP server, by reference, with user and password: smtps://user:password@host:465, or smtp://host:587, which changes to TLS.',
      '${env:SMTP_URL}',
    ),
    from: describe(address.optional(), 'email: sender.', 'reports@example.com'),
    to: describe(z.array(address).min(1).optional(), 'email: recipients.', ['marketing@example.com']),
    path: describe(text.optional(), 'file: where to, relative to mailmart.yaml.', 'alerts.jsonl'),
    severity: describe(z.enum(severities).default('info'), 'Only alerts at least this severe are sent.', 'warning'),
  })
  .check((context) => {
    const found = context.value;
    const needed = channelKeys[found.type];
    for (const key of ['url', 'server', 'from', 'to', 'path'] as const) {
      if ((found[key] !== undefined) === needed.includes(key)) continue;
      const isMissing = found[key] === undefined;
      context.issues.push({
        code: 'custom',
        input: isMissing ? found : found[key],
        ...(isMissing ? {} : { path: [key] }),
        message: isMissing
          ? `A channel of type ${found.type} needs \`${key}\`.`
          : `${quoted(key)} says nothing to a channel of type ${found.type}.`,
        params: { fix: isMissing ? `Add ${key}.` : `Remove ${key}, or change type.` },
      });
    }
  })
  .meta({
    description: 'Where alerts are sent to.',
    examples: [{ id: 'team', type: 'slack', url: '${env:SLACK_WEBHOOK_URL}', severity: 'warning' }],
  });

/** Read only where a configuration changes a rule: most do not. */
const alertedMetrics = (): ReadonlyMap<string, { readonly hasThreshold: boolean; readonly isRate: boolean }> =>
  new Map(
    ruleMetrics(loadMetricCatalog()).map(({ key, alert, unit }) => [
      key,
      { hasThreshold: (alert?.kind ?? 'threshold') === 'threshold', isRate: unit === 'rate' },
    ]),
  );

const rule = z
  .strictObject({
    on: describe(z.boolean().default(true), 'false: this rule raises no alert.', false),
    threshold: describe(
      z.number().optional(),
      'Another threshold than the catalog’s, in the metric’s own unit: 0.25 is 25 %.',
      0.2,
    ),
  })
  .meta({ description: 'A change of one rule.', examples: [{ threshold: 0.2 }] });

/** The `alerts` block of mailmart.yaml. */
export const alertsSchema = z
  .strictObject({
    channels: describe(
      z.array(channel).default([]),
      'Where alerts are sent to after each run; every incident once to each channel, and once more when it is over.',
      [{ id: 'team', type: 'slack', url: '${env:SLACK_WEBHOOK_URL}' }],
    ),
    rules: describe(
      z.record(z.string(), rule).default({}),
      'Changes of rules, by metric: `mailmart metrics` lists those that have one.',
      { active_audience: { threshold: 0.2 }, click_to_open_rate: { on: false } },
    ),
    since: describe(
      fixedDuration.default('P7D'),
      'An incident that was last seen longer ago is not sent any more: the first run does not tell of years. ISO 8601 duration.',
      'P7D',
    ),
  })
  .prefault({})
  .check((context) => {
    const { channels, rules } = context.value;
    const ids = channels.map(({ id }) => id);
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) === index) continue;
      context.issues.push({
        code: 'custom',
        input: id,
        path: ['channels', index, 'id'],
        message: `The id ${quoted(id)} is used twice.`,
        params: { fix: 'Give each channel its own id.' },
      });
    }
    for (const name of Object.keys(rules)) {
      const known = alertedMetrics();
      const found = known.get(name);
      const { threshold } = rules[name] ?? {};
      if (found !== undefined && threshold === undefined) continue;
      if (found?.hasThreshold === true && threshold !== undefined) {
        if (!found.isRate || (threshold >= 0 && threshold <= 1)) continue;
        context.issues.push({
          code: 'custom',
          input: threshold,
          path: ['rules', name, 'threshold'],
          message: `${threshold} is no value of ${quoted(name)}, which is a share between 0 and 1.`,
          params: {
            fix: 'Write a share such as 0.2 for 20 %.',
            ...(threshold > 1 && threshold <= 100 && { suggestion: String(Number((threshold / 100).toPrecision(12))) }),
          },
        });
        continue;
      }
      const suggestion = found === undefined ? nearest(name, [...known.keys()]) : undefined;
      context.issues.push({
        code: 'custom',
        input: name,
        path: ['rules', name],
        message:
          found === undefined
            ? `There is no alert rule ${quoted(name)}.`
            : `${quoted(name)} is compared with the account's own past and has no threshold.`,
        params: {
          fix: found === undefined ? `Rules: ${[...known.keys()].join(', ')}.` : 'Remove threshold.',
          ...(suggestion !== undefined && { suggestion }),
        },
      });
    }
  })
  .meta({
    description: 'Alerts on the thresholds of the metric catalog, and where they are sent to.',
    examples: [{ channels: [{ id: 'team', type: 'slack', url: '${env:SLACK_WEBHOOK_URL}' }] }],
  });

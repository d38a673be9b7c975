import type { CheckFinding, Http, HttpResponse } from '../_kit/contract.ts';
import { ConnectorError } from '../_kit/errors.ts';
import { attempt } from '../_kit/probe.ts';
import { baseUrlOf } from './client.ts';
import type { SendgridConfig } from './config.ts';
import { webhookFindings } from './probe-webhook.ts';

type Probe = { readonly config: SendgridConfig; readonly http: Http; readonly signal: AbortSignal };

/** What `mailmart check` says of an account: three requests at most, each answer with its fix in words. */
export async function probe(context: Probe): Promise<readonly CheckFinding[]> {
  const { config } = context;
  const { host } = new URL(baseUrlOf(config));
  const scopes = await attempt(context, '/v3/scopes');
  if (scopes instanceof Error) return [explain(scopes, host, config)];
  const [lists, webhooks] = await Promise.all([
    config.region === 'eu' ? undefined : attempt(context, '/v3/marketing/lists', { page_size: 1 }),
    attempt(context, '/v3/user/webhooks/event/settings/all'),
  ]);
  return [
    { item: 'reachability', status: 'ok', message: `${host} answers.` },
    ...permissions(scopesIn(scopes)),
    marketing(lists),
    ...webhookFindings(webhooks, config),
  ];
}

function scopesIn({ body }: HttpResponse): readonly string[] {
  const scopes = (body as { readonly scopes?: unknown } | null)?.scopes;
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [];
}

/** Scope → what cannot be read without it. A key with full access lists every scope. */
const needed: Readonly<Record<string, string>> = {
  'marketing.read': 'lists, contacts, segments, single sends and their statistics',
  'stats.read': 'daily, category and detail statistics',
  'suppression.read': 'bounces, blocks, invalid addresses, complaints and unsubscribes',
  'asm.groups.read': 'unsubscribe groups and who left them',
};

function permissions(scopes: readonly string[]): readonly CheckFinding[] {
  const missing = Object.entries(needed).filter(
    ([scope]) => !scopes.some((held) => held === scope || held.startsWith(`${scope.replace(/\.read$/, '')}.`)),
  );
  if (missing.length === 0)
    return [{ item: 'credentials', status: 'ok', message: 'The key may read all that is needed.' }];
  return missing.map(([scope, what]) => ({
    item: `permission:${scope}`,
    status: 'warning',
    message: `The key lacks the scope ${scope}: ${what} cannot be read.`,
    fix: `Add ${scope} to the key (Settings → API Keys → Edit), or leave these streams out of mailmart.yaml.`,
  }));
}

function marketing(answer: HttpResponse | Error | undefined): CheckFinding {
  const item = 'permission:marketing';
  if (answer === undefined) {
    return {
      item,
      status: 'skipped',
      message: 'Marketing Campaigns, Email Activity and statistics by country exist on the global host only.',
      fix: 'Read them with a source of the global account, if there is one.',
    };
  }
  if (!(answer instanceof Error)) return { item, status: 'ok', message: 'Marketing Campaigns is readable.' };
  const status = answer instanceof ConnectorError ? answer.status : undefined;
  if (status !== 403) return { item, status: 'warning', message: answer.message, fix: fixOf(answer) };
  return {
    item,
    status: 'warning',
    message: 'The account has no Marketing Campaigns (or still the legacy ones), or the key lacks marketing.read.',
    fix: 'Add marketing.read to the key; if it has it, move the account to today’s Marketing Campaigns, or leave its streams out of mailmart.yaml.',
  };
}

/** Why the first request failed, and what to do. */
function explain(error: Error, host: string, { region, subuser }: SendgridConfig): CheckFinding {
  const status = error instanceof ConnectorError ? error.status : undefined;
  if (status === 401) {
    const other = region === 'eu' ? 'the global region (remove region: eu)' : 'the EU region (region: eu)';
    return {
      item: 'credentials',
      status: 'failed',
      message: `${host} refuses the API key: it was deleted or mistyped, or is one of ${other}.`,
      fix: 'Make a key under Settings → API Keys and update the secret behind credentials.api_key.',
    };
  }
  if (status === 403) {
    const whom = subuser === undefined ? '' : ', or may not act for the configured subuser';
    return {
      item: 'credentials',
      status: 'failed',
      message: `${host} does not let the key do anything${whom}: the account is suspended, or the key has no scope.`,
      fix: 'Sign in to SendGrid and look at the account and at Settings → API Keys.',
    };
  }
  if (status === 404)
    return {
      item: 'reachability',
      status: 'failed',
      message: `${host} answers, but not as the SendGrid API.`,
      fix: 'Remove base_url, or write the host alone, without /v3.',
    };
  return { item: 'reachability', status: 'failed', message: error.message, fix: fixOf(error) };
}

const fixOf = (error: Error): string =>
  (error instanceof ConnectorError ? error.fix : undefined) ??
  'Check the network and the firewall; see https://status.sendgrid.com.';

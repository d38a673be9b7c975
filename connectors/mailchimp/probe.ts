import type { CheckFinding, Http, HttpResponse } from '../_kit/contract.ts';
import { ConnectorError } from '../_kit/errors.ts';
import { attempt } from '../_kit/probe.ts';
import { baseUrlOf, dataCentreOfKey, type MailchimpConfig } from './config.ts';

type Probe = { readonly config: MailchimpConfig; readonly http: Http; readonly signal: AbortSignal };

/** Beyond this, a signature or a time window of ours would be judged wrongly. */
const clockToleranceMs = 5 * 60_000;

/** What `mailmart check` says of an account: three requests at most, each answer with its fix in words. */
export async function probe(context: Probe): Promise<readonly CheckFinding[]> {
  const centre = dataCentre(context.config);
  const account = await attempt(context, '/', { fields: 'account_id,account_name,role,account_timezone' });
  if (account instanceof Error) return [...centre, explain(account, context.config)];
  const reachable: CheckFinding = {
    item: 'reachability',
    status: 'ok',
    message: `${new URL(baseUrlOf(context.config)).host} answers.`,
  };
  const [lists, stores] = await Promise.all([
    attempt(context, '/lists', { count: 1, fields: 'total_items' }),
    attempt(context, '/ecommerce/stores', { count: 1, fields: 'total_items' }),
  ]);
  return [reachable, ...centre, signedIn(account), ...clock(account), audiences(lists), shops(stores)];
}

/** A key of another data centre than base_url's fails with a 401 that does not say so. */
function dataCentre(config: MailchimpConfig): readonly CheckFinding[] {
  const ofKey = dataCentreOfKey(config);
  const ofHost = /^([a-z]{2,}\d+)\.api\.mailchimp\.com$/.exec(new URL(baseUrlOf(config)).hostname)?.[1];
  if (ofKey === undefined || ofHost === undefined || ofKey === ofHost) return [];
  return [
    {
      item: 'data_centre',
      status: 'failed',
      message: `The key belongs to data centre ${ofKey}, base_url names ${ofHost}.`,
      fix: `Remove base_url from mailmart.yaml, or write https://${ofKey}.api.mailchimp.com/3.0.`,
    },
  ];
}

function signedIn(response: HttpResponse): CheckFinding {
  const name = textAt(response, 'account_name');
  const role = textAt(response, 'role');
  return {
    item: 'credentials',
    status: 'ok',
    message: `Signed in to ${name ?? 'the account'}${role === undefined ? '' : ` with role ${role}`}.`,
  };
}

function clock(response: HttpResponse): readonly CheckFinding[] {
  const theirs = Date.parse(response.headers['date'] ?? '');
  const offset = Date.now() - theirs;
  if (Number.isNaN(theirs) || Math.abs(offset) <= clockToleranceMs) return [];
  const minutes = Math.round(Math.abs(offset) / 60_000);
  return [
    {
      item: 'clock',
      status: 'warning',
      message: `This machine's clock is ${minutes} minutes ${offset > 0 ? 'ahead of' : 'behind'} Mailchimp's: contacts that changed lately may be read late.`,
      fix: 'Switch on time synchronisation (timedatectl set-ntp true).',
    },
  ];
}

function audiences(answer: HttpResponse | Error): CheckFinding {
  if (answer instanceof Error) return denied('permission:audiences', 'lists, members and reports', answer);
  const total = numberAt(answer, 'total_items');
  return total === 0
    ? {
        item: 'permission:audiences',
        status: 'warning',
        message: 'The account has no list yet, or the user may see none.',
        fix: 'In Mailchimp, check under Audience that this user sees the lists to sync.',
      }
    : { item: 'permission:audiences', status: 'ok', message: `${total ?? 'Some'} lists are readable.` };
}

function shops(answer: HttpResponse | Error): CheckFinding {
  if (answer instanceof Error) return denied('permission:orders', 'stores, orders, customers and products', answer);
  const total = numberAt(answer, 'total_items');
  return total === 0
    ? {
        item: 'permission:orders',
        status: 'skipped',
        message:
          'No shop is connected: orders, customers and products stay empty, and revenue comes from other sources only.',
        fix: 'Connect the shop in Mailchimp under Integrations, or add a file source with orders.',
      }
    : { item: 'permission:orders', status: 'ok', message: `${total ?? 'Some'} shops are readable.` };
}

function denied(item: string, what: string, error: Error): CheckFinding {
  const fix = error instanceof ConnectorError ? error.fix : undefined;
  return {
    item,
    status: 'warning',
    message: `Not readable: ${what}. ${error.message}`,
    fix: fix ?? 'Ask the account’s owner for a role that may read them.',
  };
}

/** Why the first request failed, and what to do. */
function explain(error: Error, config: MailchimpConfig): CheckFinding {
  const status = error instanceof ConnectorError ? error.status : undefined;
  const { host } = new URL(baseUrlOf(config));
  const failed = (item: string, message: string, fix: string): CheckFinding => ({
    item,
    status: 'failed',
    message,
    fix,
  });
  if (status === 401) {
    return config.credentials.api_key === undefined
      ? failed(
          'credentials',
          'Mailchimp refuses the access token: OAuth access was revoked (such tokens do not expire).',
          'Connect the account again and update the secret behind credentials.access_token.',
        )
      : failed(
          'credentials',
          `${host} refuses the API key: it was deleted, its user left the account, or it belongs to another data centre.`,
          'Make a key under Account & billing → Extras → API keys and update the secret behind credentials.api_key.',
        );
  }
  if (status === 403) {
    const fix =
      (error as ConnectorError).fix ?? 'Ask the account’s owner for a role that may read audiences and reports.';
    return failed('credentials', error.message, fix);
  }
  if (status === 404) {
    return failed(
      'reachability',
      `${host} answers, but not as the Marketing API.`,
      'Write base_url with /3.0 at its end.',
    );
  }
  if (status === 407) {
    return failed(
      'reachability',
      'A proxy asks for credentials.',
      `mailmart connects directly: allow port 443 to ${host} in the firewall.`,
    );
  }
  if (status !== undefined) {
    const fix = (error as ConnectorError).fix ?? 'Try again in some minutes; see https://status.mailchimp.com.';
    return failed('reachability', error.message, fix);
  }
  return network(error, host, failed);
}

function network(
  error: Error,
  host: string,
  failed: (item: string, message: string, fix: string) => CheckFinding,
): CheckFinding {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return failed(
      'reachability',
      `The name ${host} cannot be resolved.`,
      'Check base_url and the DNS of this machine.',
    );
  }
  if (/CERT|SELF_SIGNED|TLS|SSL|VERIFY/.test(code)) {
    return failed(
      'reachability',
      `The certificate of ${host} is not trusted (${code}): a proxy may open the connection.`,
      'Give Node the proxy’s root certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
    );
  }
  return failed(
    'reachability',
    code === '' ? error.message : `No connection to ${host} (${code}).`,
    'Check base_url and the firewall: mailmart connects directly, without a proxy.',
  );
}

/** The system's own code, wherever in the chain of causes it is. */
function codeOf(error: Error): string {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current.cause;
  }
  return '';
}

const textAt = (response: HttpResponse, field: string): string | undefined => {
  const value = valueAt(response, field);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const numberAt = (response: HttpResponse, field: string): number | undefined => {
  const value = valueAt(response, field);
  return typeof value === 'number' ? value : undefined;
};

function valueAt({ body }: HttpResponse, field: string): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as Readonly<Record<string, unknown>>)[field]
    : undefined;
}

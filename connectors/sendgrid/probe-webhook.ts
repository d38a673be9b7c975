import type { JsonObject } from '../../src/contracts/json.ts';
import type { CheckFinding, HttpResponse } from '../_kit/contract.ts';
import type { SendgridConfig } from './config.ts';

/** Events without which a metric has no per-recipient source. `processed` also tells which messages need no log. */
const NEEDED = [
  'processed',
  'delivered',
  'open',
  'click',
  'bounce',
  'dropped',
  'deferred',
  'spam_report',
  'unsubscribe',
  'group_unsubscribe',
  'group_resubscribe',
] as const;

const where = 'Settings → Mail Settings → Event Webhook';
const item = 'webhook';

/** What of the Event Webhook keeps posts from becoming facts. */
export function webhookFindings(answer: HttpResponse | Error, { webhook }: SendgridConfig): readonly CheckFinding[] {
  if (answer instanceof Error) {
    return [
      {
        item,
        status: 'warning',
        message: `The settings of the Event Webhook cannot be read. ${answer.message}`,
        fix: 'Add user.webhooks.event.settings.read to the key, or compare the settings by hand.',
      },
    ];
  }
  const enabled = webhooksIn(answer).filter((one) => one['enabled'] === true);
  if (enabled.length === 0) {
    return [
      {
        item,
        status: 'warning',
        message: 'No Event Webhook is switched on: events are known from the log only, which keeps 30 days.',
        fix: `Add one under ${where} that posts to mailmart receive, signed and with all events.`,
      },
    ];
  }
  const keys = webhook?.public_keys ?? [];
  const ours = enabled.filter((one) => keys.includes(String(one['public_key'])));
  if (ours.length === 0) return [unverified(enabled, keys)];
  return ours.map(missingEvents);
}

function webhooksIn({ body }: HttpResponse): readonly JsonObject[] {
  const list = (body as { readonly webhooks?: unknown } | null)?.webhooks;
  return Array.isArray(list) ? (list as readonly JsonObject[]) : [];
}

function unverified(enabled: readonly JsonObject[], keys: readonly string[]): CheckFinding {
  const signed = enabled.filter((one) => typeof one['public_key'] === 'string' && one['public_key'] !== '');
  if (signed.length === 0) {
    return {
      item,
      status: 'warning',
      message: 'The Event Webhook does not sign its posts: what anybody may send is no fact, and is refused.',
      fix: `Switch on Signed Event Webhook under ${where}, and write its verification key under webhook.public_keys.`,
    };
  }
  return {
    item,
    status: 'warning',
    message:
      keys.length === 0
        ? 'The Event Webhook signs its posts, and webhook.public_keys has no key to verify them with: they are refused.'
        : 'No signed Event Webhook has a key that stands under webhook.public_keys: its posts are refused.',
    fix: `Copy the verification key from ${where} to webhook.public_keys; keep the old one beside it for a day.`,
  };
}

function missingEvents(one: JsonObject): CheckFinding {
  const off = NEEDED.filter((event) => one[event] !== true);
  const name =
    typeof one['friendly_name'] === 'string' && one['friendly_name'] !== '' ? ` "${one['friendly_name']}"` : '';
  if (off.length === 0)
    return { item, status: 'ok', message: `The Event Webhook${name} is signed, and posts all events.` };
  return {
    item,
    status: 'warning',
    message: `The Event Webhook${name} does not post ${off.join(', ')}: the log fills in 30 days at the most, metrics of these have gaps.`,
    fix: `Tick ${off.join(', ')} under ${where}.`,
  };
}

import { expect, it } from 'vitest';
import { redact } from '../connectors/_kit/redact.ts';
import { connectors } from '../connectors/index.ts';
import { openAccount, tableOf } from './account.ts';
import type { Deps } from './deps.ts';

/** Of which streams a load may compare a row with its own item's alone. */
const namesItem = (source: string): readonly string[] => {
  const connector = connectors[source]!;
  return Object.keys(connector.streams).filter(
    (stream) => tableOf(connector, { source, accountId: 'shop', stream }).keyNamesItem,
  );
};

it('a key names its item where every parent’s own key is part of it, and no plan cuts items otherwise', () => {
  const names = namesItem('mailchimp');
  expect(names).toEqual(expect.arrayContaining(['sent_to', 'email_activity', 'open_details', 'unsubscribes']));
  // The same contact may come as one of the list's and as one of its archive; a link is only told apart beside its campaign.
  for (const stream of ['members', 'click_members', 'campaigns', 'webhook_events']) expect(names).not.toContain(stream);
});

it('of a parent that several fields name, none is the key alone', () => {
  const mailchimp = connectors['mailchimp']!;
  const { plan: _, ...unplanned } = mailchimp.streams['click_members']!;
  const altered = { ...mailchimp, streams: { links: unplanned as never } };
  expect(tableOf(altered, { source: 'mailchimp', accountId: 'shop', stream: 'links' }).keyNamesItem).toBe(false);
});

it('every one of several parents must be in the key, asked for in one way only', () => {
  const mailchimp = connectors['mailchimp']!;
  const sentTo = mailchimp.streams['sent_to']!;
  const namesItemWith = (more: object): boolean | undefined => {
    const altered = { ...mailchimp, streams: { altered: { ...sentTo, ...more } as never } };
    return tableOf(altered, { source: 'mailchimp', accountId: 'shop', stream: 'altered' }).keyNamesItem;
  };
  expect(namesItemWith({})).toBe(true);
  expect(namesItemWith({ moreParents: [{ ...sentTo.parent, inherit: {} }] })).toBe(false);
  expect(namesItemWith({ parent: { ...sentTo.parent, params: { kind: 'a' } } })).toBe(false);
  expect(namesItemWith({ plan: { why: 'of its own', slices: async () => [] } })).toBe(false);
});

it('an account that is opened has told the redactor its secrets, the salt among them', () => {
  const source = { id: 'shop', type: 'mailchimp', streams: 'all', mutable_window: 'P35D' } as const;
  const config = { credentials: { api_key: 'c4n4ry-of-the-key-us1' } };
  const salt = 'c4n4ry-of-the-salt';
  const project = { config: { sources: [source] }, source: () => source, secret: () => config, salt: () => salt };
  openAccount({ project, connectors } as unknown as Deps, 'shop');
  expect(redact(`${config.credentials.api_key} ${salt}`)).toBe('[secret] [secret]');
});

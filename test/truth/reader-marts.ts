import { addDays, clockIn } from './calendar.ts';
import type { Campaign, Facts, Opened, PersonEvent, Reader } from './fact-types.ts';
import { byAccount, ratio, type TruthRow } from './tally.ts';

/** Days that send_time looks back, today included. */
const windowDays = 90;

type Scope = {
  readonly columns: { readonly source: string | null; readonly account_id: string | null } & Readonly<
    Record<'scope' | 'scope_id', string>
  >;
  /** Null: more than one campaign. */
  readonly campaign: Campaign | null;
  readonly has: (event: PersonEvent) => boolean;
};

const nobody: Reader = { client: 'unknown', device: 'unknown', os: 'unknown', isProxy: false };

/** The company, its accounts, lists and campaigns, as far as it is known one by one who opened. */
function scopesOf(facts: Facts): readonly Scope[] {
  const known = new Map(
    facts.campaigns.filter(({ hasEvents }) => hasEvents).map((campaign) => [campaign.id, campaign]),
  );
  return [
    {
      columns: { source: null, account_id: null, scope: 'all', scope_id: 'all' },
      campaign: null,
      has: ({ campaignId }) => known.has(campaignId),
    },
    ...byAccount([...known.values()]).flatMap(({ account, lists }): readonly Scope[] => [
      {
        columns: { ...account, scope: 'account', scope_id: account.account_id },
        campaign: null,
        has: ({ campaignId }) => lists.has(campaignId),
      },
      ...[...new Set(lists.values())].flatMap((list): readonly Scope[] =>
        list === null
          ? []
          : [
              {
                columns: { ...account, scope: 'list', scope_id: list },
                campaign: null,
                has: ({ campaignId }) => lists.get(campaignId) === list,
              },
            ],
      ),
    ]),
    ...[...known.values()].map((campaign): Scope => ({
      columns: { source: campaign.source, account_id: campaign.accountId, scope: 'campaign', scope_id: campaign.id },
      campaign,
      has: ({ campaignId }) => campaignId === campaign.id,
    })),
  ];
}

const persons = (events: readonly PersonEvent[]): number => new Set(events.map(({ person }) => person)).size;
const human = (opens: readonly Opened[]): readonly Opened[] => opens.filter(({ machine }) => !machine);

export function clientShare(facts: Facts): readonly TruthRow[] {
  return scopesOf(facts).flatMap(({ columns, campaign, has }) => {
    const monthOf = ({ date }: PersonEvent): string => `${(campaign?.sendDate ?? date).slice(0, 7)}-01`;
    return [...Map.groupBy(facts.opens.filter(has), monthOf)].flatMap(([month, opens]) => {
      const named = human(opens).filter(({ reader }) => reader !== null);
      return [...Map.groupBy(opens, ({ reader }) => JSON.stringify(reader ?? nobody))].map(([text, own]) => {
        const { client, device, os, isProxy } = JSON.parse(text) as Reader;
        const people = human(own);
        const shareOf = (part: number, whole: number): number | null =>
          client === 'unknown' ? null : ratio(part, whole);
        return {
          ...columns,
          month,
          client,
          device,
          os,
          is_proxy: isProxy,
          open_count: people.length,
          machine_open_count: own.length - people.length,
          unknown_open_count: 0,
          opener_count: persons(people),
          known_open_count: named.length,
          known_opener_count: persons(named),
          open_share_rate: shareOf(people.length, named.length),
          opener_share_rate: shareOf(persons(people), persons(named)),
        };
      });
    });
  });
}

export function sendTime(facts: Facts): readonly TruthRow[] {
  const zones = new Map(
    facts.members.flatMap(({ person, timeZone }) => (timeZone === null ? [] : [[person, timeZone]])),
  );
  const campaigns = new Map(facts.campaigns.map((campaign) => [campaign.id, campaign]));
  const opened = firsts(human(facts.opens));
  const sent = firsts(
    facts.sent.filter(({ campaignId }) => {
      const campaign = campaigns.get(campaignId);
      return campaign?.tracksOpens === true && campaign.kind !== 'automation';
    }),
  );
  const start = addDays(facts.asOf, -windowDays);
  return scopesOf(facts).flatMap(({ columns, campaign, has }) => {
    const isIn = (event: PersonEvent): boolean =>
      has(event) && (campaign !== null || (event.date > start && event.date <= facts.asOf));
    const opens = facts.opens.filter(isIn);
    const sends = [...sent.values()].filter(isIn);
    const toOpen = (send: PersonEvent): number | null => {
      const first = opened.get(keyOf(send));
      return first === undefined ? null : Math.max(0, first.at - send.at);
    };
    const everySend = sends.flatMap((send) => toOpen(send) ?? []);
    return (['reporting', 'recipient'] as const).flatMap((kind) => {
      const zoneOf = ({ person }: PersonEvent): string | undefined =>
        kind === 'reporting' ? facts.zone : zones.get(person);
      const placed = <T extends PersonEvent>(events: readonly T[]): ReadonlyMap<string, readonly T[]> =>
        Map.groupBy(
          events.filter((event) => zoneOf(event) !== undefined),
          (event) => JSON.stringify(clockIn(zoneOf(event) ?? '', event.at)),
        );
      const opensAt = placed(opens);
      const sendsAt = placed(sends);
      const all = human([...opensAt.values()].flat()).length;
      return [...new Set([...opensAt.keys(), ...sendsAt.keys()])].map((place) => {
        const own = opensAt.get(place) ?? [];
        const people = human(own);
        const out = sendsAt.get(place) ?? [];
        const seconds = out.flatMap((send) => toOpen(send) ?? []);
        const isAutomation = campaign?.kind === 'automation';
        return {
          ...columns,
          time_zone_kind: kind,
          ...(JSON.parse(place) as Record<'weekday' | 'hour', number>),
          window_days: campaign === null ? windowDays : null,
          open_count: people.length,
          machine_open_count: own.length - people.length,
          unknown_open_count: 0,
          opener_count: persons(people),
          scope_open_count: all,
          open_share_rate: ratio(people.length, all),
          send_count: isAutomation ? null : out.length,
          opened_send_count: isAutomation ? null : seconds.length,
          send_open_rate: isAutomation ? null : ratio(seconds.length, out.length),
          median_seconds_to_open: quantile(seconds, 0.5),
          p90_seconds_to_open: quantile(seconds, 0.9),
          scope_median_seconds_to_open: quantile(everySend, 0.5),
          scope_p90_seconds_to_open: quantile(everySend, 0.9),
        };
      });
    });
  });
}

const keyOf = ({ campaignId, person }: PersonEvent): string => `${campaignId} ${person}`;

/** The earliest event of each person and campaign. */
function firsts<T extends PersonEvent>(events: readonly T[]): ReadonlyMap<string, T> {
  const first = new Map<string, T>();
  for (const event of events) {
    const known = first.get(keyOf(event));
    if (known === undefined || event.at < known.at) first.set(keyOf(event), event);
  }
  return first;
}

/** The value below which a share of the values lies, in proportion between two of them; to a tenth. */
function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return Math.round((below + (above - below) * (place - Math.floor(place))) * 10) / 10;
}

import { listId, type Body } from './bodies.ts';
import type { World } from './world.ts';

/** What a path answers, before paging: rows unmade, and fields beside them. */
export type Collection = {
  /** Name of the array. */
  readonly key: string;
  /** Name of its pages in the store; undefined when the query narrows it, then pages are made when asked for. */
  readonly name: string | undefined;
  readonly total: number;
  readonly row: (index: number) => Body;
  readonly beside: Body;
};

export const pageSize = 1000;

/** Every collection whose pages are made beforehand. */
export function storedCollections(world: World): readonly Collection[] {
  const paths = [
    '/lists',
    '/automations',
    '/campaigns',
    '/reports',
    `/lists/${listId}/members`,
    ...Array.from(
      { length: world.shape.campaigns },
      (_, index) => `/reports/${world.campaignId(index)}/email-activity`,
    ),
  ];
  return paths.flatMap((path) => collectionOf(world, path, new URLSearchParams()) ?? []);
}

/** The collection at a path below `/3.0`; undefined where there is none. */
export function collectionOf(world: World, path: string, query: URLSearchParams): Collection | undefined {
  const whole = (key: string, total: number, row: (index: number) => Body, beside: Body = {}): Collection => ({
    key,
    name: path,
    total,
    row,
    beside,
  });
  const { campaigns, recipients } = world.shape;
  if (path === '/lists') return whole('lists', 1, () => world.list());
  if (path === '/automations') return whole('automations', 0, () => ({}));
  if (path === '/campaigns') return whole('campaigns', campaigns, world.campaign);
  if (path === '/reports') return whole('reports', campaigns, world.report);
  if (path === `/lists/${listId}/members`) return membersOf(world, path, query);
  const campaignId = /^\/reports\/([^/]+)\/email-activity$/.exec(path)?.[1];
  const campaign = campaignId === undefined ? undefined : indexes(world).get(campaignId);
  if (campaign === undefined) return undefined;
  const beside = { campaign_id: campaignId };
  if (query.has('since')) throw new Error('the bench knows no since of email-activity: nothing here happened lately');
  return whole('emails', recipients, (recipient) => world.activity(campaign, recipient), beside);
}

/** Members in the order of their last change; both bounds are exclusive, as the vendor's are. */
function membersOf(world: World, path: string, query: URLSearchParams): Collection {
  const beside = { list_id: listId };
  const { members } = world.shape;
  if (query.get('status') === 'archived') return { key: 'members', name: undefined, total: 0, row: () => ({}), beside };
  const from = query.get('since_last_changed');
  const to = query.get('before_last_changed');
  const low = from === null ? 0 : firstAt(world, Date.parse(from) / 1000 + 1);
  const high = to === null ? members : firstAt(world, Date.parse(to) / 1000);
  const isDown = query.get('sort_dir') === 'DESC';
  const isWhole = low === 0 && high === members && !isDown;
  return {
    key: 'members',
    name: isWhole ? path : undefined,
    total: Math.max(0, high - low),
    row: (index) => world.member(isDown ? high - 1 - index : low + index),
    beside,
  };
}

/** First member that changed at this second or later. */
function firstAt(world: World, at: number): number {
  let low = 0;
  let high = world.shape.members;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (world.lastChanged(middle) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

const known = new WeakMap<World, ReadonlyMap<string, number>>();

function indexes(world: World): ReadonlyMap<string, number> {
  const found =
    known.get(world) ??
    new Map(Array.from({ length: world.shape.campaigns }, (_, index) => [world.campaignId(index), index]));
  known.set(world, found);
  return found;
}

/** The JSON of a page. */
export function pageText({ key, total, row, beside }: Collection, offset: number, count: number): string {
  const rows: Body[] = [];
  for (let index = offset; index < Math.min(total, offset + count); index += 1) rows.push(row(index));
  return JSON.stringify({ [key]: rows, ...beside, total_items: total });
}

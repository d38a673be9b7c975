import type { Hook, Inbox } from '../connectors/_kit/hook.ts';
import { emptyInbox } from '../connectors/_kit/hook.ts';
import { offsetOf } from '../connectors/_kit/push.ts';
import type { StreamKey } from '../src/contracts/sync.ts';
import { accountOf } from './account.ts';
import type { AnyConnector, Deps } from './deps.ts';

/** What was posted to one account, and the removal of what is not needed any more. */
export type AccountInbox = Inbox & {
  /** Removes closed segments that were kept long enough and whose rows are in raw up to their end, by what `loadedTo` says. */
  readonly removeLoaded: (hook: string, loadedTo: (segment: string) => number | undefined) => Promise<void>;
};

export const inboxOf = (deps: Pick<Deps, 'inbox'>, accountId: string): Inbox => deps.inbox?.(accountId) ?? emptyInbox;

/** Hooks of a connector by name. */
export const hooksOf = (connector: AnyConnector): readonly (readonly [string, Hook<unknown>])[] =>
  Object.entries(connector.hooks ?? {});

/**
 * Removes the posts that are in raw, or in quarantine, of every stream that takes them; of a hook without such streams, those that are
 * merely old. Posts that no configured stream takes stay: they could not be had again.
 */
export async function removeLoadedPosts(deps: Deps, { accountId, stream: finished }: StreamKey): Promise<void> {
  const inbox = deps.inbox?.(accountId);
  if (inbox === undefined) return;
  const { connector, source } = accountOf(deps, accountId);
  for (const [hook] of hooksOf(connector)) {
    const takers = Object.keys(connector.streams).filter((name) => connector.streams[name]?.push === hook);
    if (takers.length > 0 && !takers.includes(finished)) continue;
    const isTaking = (name: string): boolean =>
      name === finished || source.streams === 'all' || source.streams.includes(name);
    const states = await Promise.all(
      takers.filter(isTaking).map((stream) => deps.warehouse.readState({ source: connector.name, accountId, stream })),
    );
    const loadedTo = (segment: string): number =>
      Math.min(Number.MAX_SAFE_INTEGER, ...states.map((state) => offsetOf(state.get(segment))));
    await inbox.removeLoaded(hook, loadedTo);
  }
}

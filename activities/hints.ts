import type { Hint, Hook, Inbox, Post } from '../connectors/_kit/hook.ts';
import type { Instant } from '../src/contracts/json.ts';
import { hooksOf, inboxOf } from './inbox.ts';
import type { AnyConnector, Deps } from './deps.ts';

/** Time of the latest post that spoke of an item, by stream and item. */
export type Hints = ReadonlyMap<string, ReadonlyMap<string, Instant>>;

/** More items than this of one stream are its whole: nothing that is posted makes memory grow for ever. */
const mostItems = 50_000;

/**
 * What the posts of an account say is to be read again. Nothing remembers which hints were used: an item is due while one is not older
 * than its last read, so a hint may be looked at as often as one likes.
 *
 * What it costs: each post of the hooks that have hints is read once in the life of a process (segments only grow, so what was looked
 * at is remembered as one time an item), all that `receive.keep` keeps after a start; and the folder is looked at once a run, not
 * once a stream. A post that comes during the run counts in the next one, or was answered by a read that began after it.
 */
class HintBoard {
  private readonly segments = new Map<string, { readonly latest: Latest; to: number }>();
  private run: { readonly id: string; readonly hints: Promise<Hints> } | undefined;

  forRun(id: string, look: () => Promise<Hints>): Promise<Hints> {
    if (this.run?.id === id) return this.run.hints;
    const hints = look();
    this.run = { id, hints };
    // The next to ask looks again.
    hints.catch(() => (this.run = undefined));
    return hints;
  }

  async look(inbox: Inbox, connector: AnyConnector, onDamage: (error: unknown) => void): Promise<Hints> {
    const all = new Latest();
    const known = new Set<string>();
    for (const [name, hook] of hooksOf(connector)) {
      if (hook.hints === undefined) continue;
      // What is broken here is missed loudly by the stream that takes the facts: what is asked for by itself must go on.
      const segments = await inbox.segments(name).catch((error: unknown) => {
        onDamage(error);
        return [];
      });
      for (const segment of segments) {
        const place = JSON.stringify([name, segment.name]);
        known.add(place);
        const seen = this.segments.get(place) ?? { latest: new Latest(), to: 0 };
        this.segments.set(place, seen);
        await readOn(inbox, name, hook.hints, segment, seen).catch(onDamage);
        all.addAll(seen.latest);
      }
    }
    for (const place of this.segments.keys()) if (!known.has(place)) this.segments.delete(place);
    return all.streams;
  }
}

async function readOn(
  inbox: Inbox,
  hook: string,
  hintsOf: NonNullable<Hook<unknown>['hints']>,
  { name, bytes }: { readonly name: string; readonly bytes: number },
  seen: { readonly latest: Latest; to: number },
): Promise<void> {
  if (seen.to >= bytes) return;
  for await (const post of inbox.posts(hook, name, seen.to, bytes, new AbortController().signal))
    for (const { stream, item } of hintsIn(post, hintsOf)) seen.latest.add(stream, item, post.receivedAt);
  seen.to = bytes;
}

/** A hook must not throw. One that does over a post that anybody may have sent hints at nothing, and holds up nothing. */
function hintsIn(post: Post, hintsOf: NonNullable<Hook<unknown>['hints']>): readonly Hint[] {
  try {
    return hintsOf(post);
  } catch {
    return [];
  }
}

class Latest {
  readonly streams = new Map<string, Map<string, Instant>>();

  add(stream: string, item: string, at: Instant): void {
    const items = this.streams.get(stream) ?? new Map<string, Instant>();
    this.streams.set(stream, items);
    const key = items.size < mostItems || items.has(item) ? item : '';
    const known = items.get(key);
    if (known === undefined || Date.parse(known) < Date.parse(at)) items.set(key, at);
  }

  addAll(other: Latest): void {
    for (const [stream, items] of other.streams) for (const [item, at] of items) this.add(stream, item, at);
  }
}

const boards = new WeakMap<object, Map<string, HintBoard>>();

function boardOf(deps: Pick<Deps, 'project'>, accountId: string): HintBoard {
  const accounts = boards.get(deps.project) ?? new Map<string, HintBoard>();
  boards.set(deps.project, accounts);
  const board = accounts.get(accountId) ?? new HintBoard();
  accounts.set(accountId, board);
  return board;
}

/** Hints of a stream for one run. */
export async function hintsForRun(
  deps: Pick<Deps, 'project' | 'inbox' | 'logger'>,
  connector: AnyConnector,
  place: { readonly accountId: string; readonly stream: string; readonly runId: string },
): Promise<ReadonlyMap<string, Instant>> {
  const { accountId, stream, runId } = place;
  const board = boardOf(deps, accountId);
  const hints = await board.forRun(runId, () =>
    board.look(inboxOf(deps, accountId), connector, (error) =>
      deps.logger.warn(
        { accountId, error: error instanceof Error ? error.message : String(error) },
        'posts could not be read for what they hint at',
      ),
    ),
  );
  return hints.get(stream) ?? new Map<string, Instant>();
}

/** Hints of all streams of an account, now. */
export function hintsNow(deps: Pick<Deps, 'inbox'>, connector: AnyConnector, accountId: string): Promise<Hints> {
  return new HintBoard().look(inboxOf(deps, accountId), connector, () => undefined);
}

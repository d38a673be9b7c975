import type { Post } from '../../connectors/_kit/hook.ts';
import type { Instant } from '../contracts/json.ts';
import { readLoaded } from './loaded.ts';
import { hookFolder, inboxFolder } from './place.ts';
import { countPosts, openInbox } from './reader.ts';

/** What waits in the inbox of a hook. */
export type InboxStatus = {
  readonly segments: number;
  readonly bytes: number;
  /** Not loaded yet. */
  readonly bytesWaiting: number;
  readonly postsWaiting: number;
  readonly oldestWaitingAt: Instant | null;
};

/** Looks at a hook's segments; reads no more than the first post that waits and the frames' heads of the others. */
export async function inboxStatus(projectDir: string, accountId: string, hook: string): Promise<InboxStatus> {
  const folder = hookFolder(inboxFolder(projectDir), accountId, hook);
  const inbox = openInbox(projectDir, accountId);
  const loaded = await readLoaded(folder);
  const segments = await inbox.segments(hook);
  let bytesWaiting = 0;
  let postsWaiting = 0;
  let oldestWaitingAt: Instant | null = null;
  for (const { name, bytes } of segments) {
    const from = loaded[name] ?? 0;
    if (from >= bytes) continue;
    bytesWaiting += bytes - from;
    postsWaiting += await countPosts(folder, name, from, bytes);
    oldestWaitingAt ??= await firstReceivedAt(inbox.posts(hook, name, from, bytes, new AbortController().signal));
  }
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return { segments: segments.length, bytes, bytesWaiting, postsWaiting, oldestWaitingAt };
}

/** Null where the segment is damaged: the sync is who says so. */
async function firstReceivedAt(posts: AsyncIterable<Post>): Promise<Instant | null> {
  try {
    for await (const { receivedAt } of posts) return receivedAt;
  } catch {
    return null;
  }
  return null;
}

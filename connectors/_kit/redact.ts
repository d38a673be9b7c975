/**
 * Secrets by value, in every spelling they may take in a text, longest first: of two that begin alike the shorter one would
 * leave the longer one's end. Process-wide on purpose: a secret is one everywhere.
 */
let secrets: readonly string[] = [];

/** Texts shorter than this would blank out ordinary words. */
const SHORTEST_SECRET = 6;

// The look-behind makes each run of characters tried once, from its start: linear also for a megabyte of `aaaa`.
const ADDRESS = /(?<![^\s<>"'(),:;[\]\\/=?&@])[^\s<>"'(),:;[\]\\/=?&@%]+(?:@|%40)[^\s<>"'(),:;[\]\\/=?&@]+/g;

/** Makes `redact` hide this value from now on, in plain, JSON, URL, and Base64 spelling. */
export function registerSecret(value: string): void {
  if (value.length < SHORTEST_SECRET) return;
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value, 'utf8').toString('base64').replace(/=+$/, '');
  const spellings = [value, json, encodeURIComponent(value), base64, base64.replaceAll('+', '-').replaceAll('/', '_')];
  secrets = [...new Set([...secrets, ...spellings])].toSorted((a, b) => b.length - a.length);
}

/**
 * A text fit for logs, messages and workflow history: without registered secrets, URL queries and credentials,
 * e-mail addresses, header values that carry keys, and JSON bodies. The safety net, not the plan: messages are built without them.
 */
export function redact(text: string): string {
  let safe = text;
  for (const secret of secrets) if (safe.includes(secret)) safe = safe.replaceAll(secret, '[secret]');
  return safe
    .replace(/\?[^\s"'<>)\]}?]*=[^\s"'<>)\]}]*/g, '?[query]')
    .replace(
      /\b(authorization|cookie|set-cookie|x-api-key|api-key|apikey|x-auth-token)(["']?\s*[:=]\s*["']?)[^\r\n"',}]+/gi,
      '$1$2[secret]',
    )
    .replace(/\b(bearer|basic)\s+[A-Za-z0-9+/._~=-]{16,}/gi, '$1 [secret]')
    .replace(/:\/\/[^\s/?#"'<>@:]*(?::[^\s/?#"'<>@]*)?@/g, '://[secret]@')
    .replace(/\{\s*"(?:[\s\S]*\}|[\s\S]*)/g, '[body]')
    .replace(ADDRESS, '[address]');
}

/** A request's path for people: no query, and no long hexadecimal ids (an MD5 of an address is a pseudonym). */
export function safePath(path: string): string {
  const bare = path.replace(/^[a-z]+:\/\/[^/]*/i, '').split(/[?#]/)[0] ?? '';
  return redact(bare.replace(/[0-9a-f]{32,}/gi, '…'));
}

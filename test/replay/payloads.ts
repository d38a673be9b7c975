/** A payload of a recorded history, as text, with the place it was found at. */
export type FoundPayload = { readonly path: string; readonly text: string };

/** Every payload (argument, result, heartbeat, failure) of a history in JSON form. */
export function payloadsOf(value: unknown, path = ''): readonly FoundPayload[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => payloadsOf(item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Readonly<Record<string, unknown>>;
  const { data, metadata } = record;
  if (typeof data === 'string' && typeof metadata === 'object') {
    return [{ path, text: Buffer.from(data, 'base64').toString('utf8') }];
  }
  return Object.entries(record).flatMap(([name, inner]) => payloadsOf(inner, `${path}.${name}`));
}

const personal = /[^\s"<>@]+(?:@|%40)[\w-]+\.[\w.-]+/;

/** What may not stand in a history: addresses, and secrets by value. Returns the places. */
export function findPersonal(history: unknown, secrets: readonly string[]): readonly string[] {
  const spellings = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ]);
  const suspicious = (text: string): boolean =>
    personal.test(text) || spellings.some((secret) => text.includes(secret));
  const found = payloadsOf(history).filter(({ text }) => suspicious(text));
  // Ids, types and messages outside of payloads too. A worker's own names (`123@host`, `worker@1.24.0`) are not a person's.
  const names = new Set(['data', 'identity', 'binaryChecksum', 'buildId']);
  const plain = JSON.stringify(history, (name, value: unknown) => (names.has(name) ? undefined : value));
  return [...found.map(({ path }) => path), ...(suspicious(plain) ? ['outside payloads'] : [])];
}

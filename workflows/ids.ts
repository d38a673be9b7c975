/** Deterministic ids: a second start of the same work meets the first. */
export const transformId = 'transform';

export function syncAccountId(source: string, accountId: string): string {
  return `sync/${source}/${accountId}`;
}

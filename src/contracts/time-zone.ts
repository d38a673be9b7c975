/**
 * Whether a name of the IANA database says where: `Europe/Berlin`, `UTC`. Offsets know no daylight-saving time, and
 * abbreviations are somebody else's: BST is Bangladesh to the ICU library, PST nothing to BigQuery, EST has no summer.
 * Written as there: not every database takes `europe/berlin`.
 */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC' || name === 'GMT') return true;
  if (!/^[A-Z][A-Za-z]*\/[A-Z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  const written = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (written !== undefined) return written === name;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

import { createHmac } from 'node:crypto';

/**
 * One spelling of one address: NFC, trimmed, lower case. Nothing else: dots and plus tags are different mailboxes for
 * most providers. A person known by a number only (`id:<recipient>`) keeps its case, since ids that differ in case differ.
 */
export function normaliseAddress(address: string): string {
  const text = address.normalize('NFC').trim();
  // Lower-casing can leave NFC (rare letters), so the form is taken again: the rule must be idempotent.
  return text.startsWith('id:') ? text : text.toLowerCase().normalize('NFC');
}

/** The last pseudonym made: the events of one recipient come together, and the HMAC is the dearest part of a row. */
let last = { salt: '', address: '', key: '' };

/** Pseudonym of a person over all sources: hex HMAC-SHA256 of the normalised address under the project's secret salt. */
export function personKey(salt: string, address: string): string {
  if (last.key === '' || last.address !== address || last.salt !== salt) {
    const key = createHmac('sha256', salt).update(normaliseAddress(address), 'utf8').digest('hex');
    last = { salt, address, key };
  }
  return last.key;
}

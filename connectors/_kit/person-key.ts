import { hash } from 'node:crypto';

/**
 * One spelling of one address: NFC, trimmed, lower case. Nothing else: dots and plus tags are different mailboxes for
 * most providers. A person known by a number only (`id:<recipient>`) keeps its case, since ids that differ in case differ.
 */
export function normaliseAddress(address: string): string {
  const text = address.normalize('NFC').trim();
  // Lower-casing can leave NFC (rare letters), so the form is taken again: the rule must be idempotent.
  return text.startsWith('id:') ? text : text.toLowerCase().normalize('NFC');
}

const BLOCK = 64;

/** SHA-256's two padded key blocks of HMAC (RFC 2104), each with room for the message behind it. */
type Blocks = { readonly salt: string; readonly inner: Buffer; readonly outer: Buffer };

let blocks: Blocks | undefined;

function blocksOf(salt: string): Blocks {
  if (blocks?.salt === salt) return blocks;
  const plain = Buffer.from(salt, 'utf8');
  const key = plain.length > BLOCK ? Buffer.from(hash('sha256', plain, 'hex'), 'hex') : plain;
  const padded = (pad: number, room: number): Buffer => {
    const block = Buffer.alloc(BLOCK + room, pad);
    for (const [index, byte] of key.entries()) block[index] = byte ^ pad;
    return block;
  };
  blocks = { salt, inner: padded(0x36, 1024), outer: padded(0x5c, 32) };
  return blocks;
}

/** The salt's two padded blocks, with which the two hashes of HMAC begin. */
export function saltBlocks(salt: string): { readonly inner: Buffer; readonly outer: Buffer } {
  const { inner, outer } = blocksOf(salt);
  return { inner: inner.subarray(0, BLOCK), outer: outer.subarray(0, BLOCK) };
}

/** HMAC-SHA256 as two plain hashes: half the price of a Hmac object, and it is the dearest part of a row. */
function hmac(salt: string, text: string): string {
  const { inner, outer } = blocksOf(salt);
  const room = inner.length - BLOCK;
  const message = text.length * 3 <= room ? undefined : Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(text)]);
  const end = message === undefined ? BLOCK + inner.write(text, BLOCK, 'utf8') : message.length;
  outer.write(hash('sha256', (message ?? inner).subarray(0, end), 'hex'), BLOCK, 'hex');
  return hash('sha256', outer, 'hex');
}

/** The last pseudonym made: the events of one recipient come together. */
let last = { salt: '', address: '', key: '' };

/** Pseudonym of a person over all sources: hex HMAC-SHA256 of the normalised address under the project's secret salt. */
export function personKey(salt: string, address: string): string {
  if (last.key === '' || last.address !== address || last.salt !== salt)
    last = { salt, address, key: hmac(salt, normaliseAddress(address)) };
  return last.key;
}

import type { Payload, PayloadCodec } from '@temporalio/common';
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const encoding = 'binary/encrypted';
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts every payload (arguments, results, heartbeats, failures) before it leaves the process: AES-256-GCM with a
 * fresh nonce each. What the server and its web interface see of a run are names, ids and times.
 */
export function createCodec(key: Buffer): PayloadCodec {
  if (key.length !== 32) throw new Error('The codec key must have 32 bytes');
  const keyId = hash('sha256', key, 'hex').slice(0, 16);
  return {
    encode: async (payloads) => payloads.map((payload) => seal(payload, key, keyId)),
    decode: async (payloads) => payloads.map((payload) => unseal(payload, key, keyId)),
  };
}

function seal(payload: Payload, key: Buffer, keyId: string): Payload {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce);
  const body = Buffer.concat([sealing.update(pack(payload)), sealing.final()]);
  return {
    metadata: { encoding: Buffer.from(encoding), 'encryption-key-id': Buffer.from(keyId) },
    data: Buffer.concat([nonce, sealing.getAuthTag(), body]),
  };
}

function unseal(payload: Payload, key: Buffer, keyId: string): Payload {
  if (text(payload.metadata?.['encoding']) !== encoding || payload.data == null) return payload;
  const used = text(payload.metadata?.['encryption-key-id']);
  if (used !== keyId) {
    throw new Error(
      `A payload was encrypted with another key (${used}) than this project has (${keyId}): ` +
        'bring back .mailmart/temporal-key, or remove .mailmart/temporal.db to drop unfinished runs; the warehouse loses nothing.',
    );
  }
  const data = Buffer.from(payload.data);
  const opening = createDecipheriv(cipher, key, data.subarray(0, nonceBytes));
  opening.setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
  return unpack(Buffer.concat([opening.update(data.subarray(nonceBytes + tagBytes)), opening.final()]));
}

/** Length of the metadata (4 bytes), metadata as JSON of Base64 texts, then the data as it is. */
function pack({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? Buffer.alloc(0)]);
}

function unpack(packed: Buffer): Payload {
  const length = packed.readUInt32BE(0);
  const head = JSON.parse(packed.subarray(4, 4 + length).toString('utf8')) as Record<string, string>;
  const metadata = Object.fromEntries(
    Object.entries(head).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  );
  return { metadata, data: packed.subarray(4 + length) };
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** The project's codec key: 32 random bytes, made on first use, readable by the owner alone. */
export function loadOrCreateKey(path: string): Buffer {
  try {
    return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(handle, `${randomBytes(32).toString('hex')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    // The name appears only with the finished content: two processes that start at once get the same key.
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
}

import { defaultPayloadConverter } from '@temporalio/common';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCodec, loadOrCreateKey } from './codec.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailmart-codec-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const canary = { message: 'the canary sings', list: [1, null, 'ü'] };
const payload = defaultPayloadConverter.toPayload(canary);

describe('the payload codec', () => {
  it('gives back what it was given, and shows nothing of it meanwhile', async () => {
    const codec = createCodec(randomBytes(32));
    const [sealed] = await codec.encode([payload]);
    if (sealed === undefined) throw new Error('no payload');
    const bytes = Buffer.concat([Buffer.from(sealed.data ?? []), ...Object.values(sealed.metadata ?? {})]);
    expect(bytes.includes('canary')).toBe(false);
    const [opened] = await codec.decode([sealed]);
    expect(defaultPayloadConverter.fromPayload(opened ?? {})).toEqual(canary);
  });

  it('never encrypts twice alike', async () => {
    const codec = createCodec(randomBytes(32));
    const [one, two] = await codec.encode([payload, payload]);
    expect(Buffer.from(one?.data ?? []).equals(Buffer.from(two?.data ?? []))).toBe(false);
  });

  it('leaves payloads that were never encrypted alone', async () => {
    expect(await createCodec(randomBytes(32)).decode([payload])).toEqual([payload]);
  });

  it('refuses another key by name, and bytes that were changed', async () => {
    const codec = createCodec(randomBytes(32));
    const [sealed] = await codec.encode([payload]);
    if (sealed === undefined) throw new Error('no payload');
    await expect(createCodec(randomBytes(32)).decode([sealed])).rejects.toThrow(/another key .*temporal-key/);
    const changed = Buffer.from(sealed.data ?? []);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await expect(codec.decode([{ ...sealed, data: changed }])).rejects.toThrow(/authenticate/);
  });
});

describe('loadOrCreateKey', () => {
  it('makes a key once, readable by the owner alone', () => {
    const path = join(folder, 'state', 'temporal-key');
    const key = loadOrCreateKey(path);
    expect(key).toHaveLength(32);
    expect(loadOrCreateKey(path).equals(key)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    // No copy of it stays.
    expect(readdirSync(join(folder, 'state'))).toEqual(['temporal-key']);
  });
});

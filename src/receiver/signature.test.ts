import { createHmac, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Signature } from '../../connectors/_kit/hook.ts';
import { ecdsaHeaders, hmacHeaders, hmacKey, hooks, keyPair, nowSeconds, sender } from './receiver.fixture.ts';
import { createVerifier, type Verdict } from './signature.ts';
import { isDerSignature, strictBase64 } from './strict-encoding.ts';

const ecdsa = hooks.events.signature;
const hmac = hooks.lists.signature;
const body = '[{"email":"ann@example.com","event":"open"}]';
const signatureHeader = 'x-twilio-email-event-webhook-signature';

type Given = Readonly<Record<string, string | readonly string[]>>;

async function judge(
  signature: Signature,
  keys: readonly string[],
  headers: Given,
  sent: string | Uint8Array = body,
  request = { method: 'POST', uri: 'https://hooks.example.com/hooks/a/b' },
): Promise<Verdict['kind'] | 'no proof'> {
  const verifier = createVerifier(signature, keys);
  const proof = verifier.readProof((name) => [headers[name] ?? []].flat());
  if (proof === undefined) return 'no proof';
  const judgement = verifier.begin(proof, request);
  // A body comes in pieces.
  const bytes = Buffer.from(sent);
  for (const piece of [bytes.subarray(0, 7), bytes.subarray(7)]) judgement.update(piece);
  return (await judgement.end(nowSeconds * 1000)).kind;
}

const derOf = (headers: Record<string, string>): Buffer => Buffer.from(headers[signatureHeader]!, 'base64');

describe('ECDSA', () => {
  const good = ecdsaHeaders(body);
  const withSignature = (text: string): Given => ({ ...good, [signatureHeader]: text });

  test('the signature that the vendor makes is valid, of a body of any bytes', async () => {
    for (const bytes of [body, '', Buffer.from([0, 255, 13, 10]), Buffer.alloc(1_000_000, 'é')]) {
      expect(await judge(ecdsa, [sender.publicKey], ecdsaHeaders(bytes), bytes)).toBe('valid');
    }
  });

  test('B51 a missing, empty, doubled or listed signature or time stamp is no proof', async () => {
    const timestampHeader = 'x-twilio-email-event-webhook-timestamp';
    for (const header of [signatureHeader, timestampHeader]) {
      for (const value of [
        '',
        [],
        [good[header]!, good[header]!],
        `${good[header]},${good[header]}`,
        `["${good[header]}"]`,
      ]) {
        expect(
          await judge(ecdsa, [sender.publicKey], { ...good, [header]: value }),
          `${header}: ${String(value)}`,
        ).toBe('no proof');
      }
    }
    expect(await judge(ecdsa, [sender.publicKey], { ...good, [timestampHeader]: `+${nowSeconds}` })).toBe('no proof');
  });

  test('B51 only standard base64 counts: no url-safe letters, no spaces, no missing padding, no other case', async () => {
    const text = good[signatureHeader]!;
    // One whose base64 has a letter that url-safe base64 writes otherwise.
    let odd = ecdsaHeaders(body);
    while (!/[+/]/.test(odd[signatureHeader]!)) odd = ecdsaHeaders(body);
    const urlSafe = odd[signatureHeader]!.replaceAll('+', '-').replaceAll('/', '_');
    expect(await judge(ecdsa, [sender.publicKey], { ...odd, [signatureHeader]: urlSafe })).toBe('no proof');
    for (const wrong of [`${text} `, ` ${text}`, `${text}\n`, `${text}=`, text.replace(/=+$/, '').slice(0, -1)]) {
      expect(await judge(ecdsa, [sender.publicKey], withSignature(wrong)), `with ${wrong}`).toBe('no proof');
    }
    for (const wrong of [text.toLowerCase(), text.toUpperCase()]) {
      expect(await judge(ecdsa, [sender.publicKey], withSignature(wrong))).not.toBe('valid');
    }
  });

  test('B51 the one DER form counts, and no other spelling of the same two numbers', async () => {
    const der = derOf(good);
    const rLength = der[3]!;
    const r = der.subarray(4, 4 + rLength);
    const s = der.subarray(6 + rLength);
    const integer = (value: Buffer): Buffer => Buffer.concat([Buffer.from([2, value.length]), value]);
    const sequence = (content: Buffer, length = Buffer.from([content.length])): Buffer =>
      Buffer.concat([Buffer.from([0x30]), length, content]);
    const both = Buffer.concat([integer(r), integer(s)]);
    expect(sequence(both).equals(der)).toBe(true);
    const zero = Buffer.from([0]);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const spellings = {
      'leading zero in r': sequence(Buffer.concat([integer(Buffer.concat([zero, r])), integer(s)])),
      'leading zero in s': sequence(Buffer.concat([integer(r), integer(Buffer.concat([zero, s]))])),
      'long form of the length': sequence(both, Buffer.from([0x81, both.length])),
      'bytes behind it': Buffer.concat([der, zero]),
      'bytes behind s': sequence(Buffer.concat([both, zero])),
      'r is zero': sequence(Buffer.concat([integer(zero), integer(s)])),
      's above the order': sequence(Buffer.concat([integer(r), integer(Buffer.concat([zero, Buffer.alloc(32, 255)]))])),
      's is the order': sequence(Buffer.concat([integer(r), integer(Buffer.concat([zero, order]))])),
      'negative r': sequence(Buffer.concat([integer(Buffer.concat([Buffer.from([0x80]), r.subarray(1)])), integer(s)])),
      'r cut': sequence(Buffer.concat([integer(r.subarray(0, 0)), integer(s)])),
      'raw r and s': Buffer.alloc(64, 7),
      empty: Buffer.alloc(0),
    };
    for (const [name, bytes] of Object.entries(spellings)) {
      expect(isDerSignature(bytes), `with ${name}`).toBe(false);
      expect(await judge(ecdsa, [sender.publicKey], withSignature(bytes.toString('base64'))), `with ${name}`).toBe(
        'no proof',
      );
    }
  });

  test('B51 signatures of other keys and other curves are forged', async () => {
    expect(await judge(ecdsa, [sender.publicKey], ecdsaHeaders(body, nowSeconds, keyPair()))).toBe('forged');
    const k256 = sign('sha256', Buffer.from(`${nowSeconds}${body}`), keyPair('secp256k1').privateKey);
    expect(await judge(ecdsa, [sender.publicKey], withSignature(k256.toString('base64')))).not.toBe('valid');
    expect(await judge(ecdsa, [sender.publicKey], ecdsaHeaders(body, nowSeconds, keyPair('P-384')))).toBe('no proof');
  });

  test('B51 a key of another kind is refused at the start, without a word of it', async () => {
    for (const key of [
      keyPair('secp256k1').publicKey,
      keyPair('P-384').publicKey,
      'not-a-key',
      '',
      `${sender.publicKey}x`,
    ]) {
      expect(() => createVerifier(ecdsa, [key])).toThrow(/not a public key of the curve P-256/);
    }
  });

  test('B52 one byte more, less or other in body or time stamp is forged', async () => {
    const changes = [
      `${body} `,
      body.slice(1),
      body.replace('ann', 'bnn'),
      `\uFEFF${body}`,
      JSON.stringify(JSON.parse(body), null, 1),
      '',
    ];
    for (const changed of changes) expect(await judge(ecdsa, [sender.publicKey], good, changed)).toBe('forged');
    const later = { ...good, 'x-twilio-email-event-webhook-timestamp': String(nowSeconds + 1) };
    expect(await judge(ecdsa, [sender.publicKey], later)).toBe('forged');
    // The border between time stamp and body is not signed, but moving it must not help.
    const moved = { ...good, 'x-twilio-email-event-webhook-timestamp': String(nowSeconds).slice(0, -1) };
    expect(await judge(ecdsa, [sender.publicKey], moved, body)).toBe('forged');
  });

  test('B53 no age is too great where the sender documents none', async () => {
    for (const age of [60, 360, 90_000, -90_000, nowSeconds]) {
      expect(await judge(ecdsa, [sender.publicKey], ecdsaHeaders(body, nowSeconds - age))).toBe('valid');
    }
  });

  test('B55 old and new key are both good while both are configured', async () => {
    const next = keyPair();
    for (const pair of [sender, next]) {
      expect(await judge(ecdsa, [sender.publicKey, next.publicKey], ecdsaHeaders(body, nowSeconds, pair))).toBe(
        'valid',
      );
    }
    expect(await judge(ecdsa, [next.publicKey], ecdsaHeaders(body))).toBe('forged');
  });
});

describe('HMAC', () => {
  const good = hmacHeaders(body);
  const hex = good['x-mailchimp-signature']!.split('v1=')[1]!;
  const header = (text: string): Given => ({ 'x-mailchimp-signature': text });

  test('t=…,v1=… is valid, with several v1 during a rotation and with schemes that are newer', async () => {
    for (const text of [
      `t=${nowSeconds},v1=${hex}`,
      `v1=${'0'.repeat(64)},t=${nowSeconds},v1=${hex}`,
      `t=${nowSeconds},v1=${hex},v1=${'0'.repeat(64)}`,
      `t=${nowSeconds}${`,v1=${'0'.repeat(64)}`.repeat(7)},v1=${hex}`,
      `t=${nowSeconds},v1=${hex},v2=zz`,
    ]) {
      expect(await judge(hmac, [hmacKey], header(text)), `with ${text}`).toBe('valid');
    }
  });

  test('B55 old and new key are both good while both are configured', async () => {
    expect(await judge(hmac, [hmacKey, 'another-key'], good)).toBe('valid');
    expect(await judge(hmac, ['another-key', hmacKey], good)).toBe('valid');
  });

  test('B51 v0 alone, a bare signature, two time stamps and too many signatures are no proof', async () => {
    const list = [
      `t=${nowSeconds},v0=${hex}`,
      hex,
      `v1=${hex}`,
      `t=${nowSeconds}`,
      `t=${nowSeconds},t=${nowSeconds},v1=${hex}`,
      `t=${nowSeconds},V1=${hex}`,
      `t=${nowSeconds}, v1=${hex}`,
      `t=${nowSeconds},v1=${hex.slice(2)}`,
      `t=${nowSeconds},v1=${hex}zz`,
      `t=${nowSeconds},v1=${hex},v1=${hex.slice(2)}`,
      `t=${nowSeconds}${`,v1=${'0'.repeat(64)}`.repeat(9)}`,
      `t=,v1=${hex}`,
    ];
    for (const text of list) expect(await judge(hmac, [hmacKey], header(text)), `with ${text}`).toBe('no proof');
    expect(
      await judge(hmac, [hmacKey], {
        'x-mailchimp-signature': [`t=${nowSeconds},v1=${hex}`, `t=${nowSeconds},v1=${hex}`],
      }),
    ).toBe('no proof');
  });

  test('B52 another body, time stamp or key is forged', async () => {
    expect(await judge(hmac, [hmacKey], good, `${body} `)).toBe('forged');
    expect(await judge(hmac, [hmacKey], header(`t=${nowSeconds - 1},v1=${hex}`))).toBe('forged');
    expect(await judge(hmac, ['another-key'], good)).toBe('forged');
    expect(() => createVerifier(hmac, [''])).toThrow(/empty/);
  });

  test('B53 five minutes is the age that the sender documents, into the past and the future, in its own unit', async () => {
    for (const [age, kind] of [
      [0, 'valid'],
      [60, 'valid'],
      [300, 'valid'],
      [301, 'wrong-age'],
      [-300, 'valid'],
      [-301, 'wrong-age'],
      [90_000, 'wrong-age'],
    ] as const) {
      expect(await judge(hmac, [hmacKey], hmacHeaders(body, nowSeconds - age)), `${age} s`).toBe(kind);
    }
    expect(await judge(hmac, [hmacKey], hmacHeaders(body, nowSeconds * 1000))).toBe('wrong-age');
    // Forged and old is forged: only who has the key can raise the clock alarm.
    expect(await judge(hmac, [hmacKey], hmacHeaders(body, nowSeconds - 900, 'guess'))).toBe('forged');
  });

  test('the other forms that are declared: hex and base64, of the body alone or with method and address', async () => {
    const stamped = {
      kind: 'hmac-sha256',
      header: 'X-S',
      timestampHeader: 'X-T',
      timestampUnit: 'ms',
      maxAgeSeconds: 300,
    } as const;
    const make = (text: string, encoding: 'hex' | 'base64'): string =>
      createHmac('sha256', hmacKey).update(text).digest(encoding);
    const ms = String(nowSeconds * 1000);
    const uri = 'https://hooks.example.com/hooks/a/b';
    const cases = [
      [
        { ...stamped, format: 'base64', signed: '{method}{uri}{body}{timestamp}' },
        make(`POST${uri}${body}${ms}`, 'base64'),
      ],
      [{ ...stamped, format: 'hex', signed: '{timestamp}{body}' }, make(`${ms}${body}`, 'hex')],
      [{ kind: 'hmac-sha256', header: 'X-S', format: 'hex', timestampUnit: 's', signed: '{body}' }, make(body, 'hex')],
    ] as const;
    for (const [signature, value] of cases) {
      expect(await judge(signature, [hmacKey], { 'x-s': value, 'x-t': ms }), `with ${signature.signed}`).toBe('valid');
      expect(await judge(signature, [hmacKey], { 'x-s': value, 'x-t': ms }, `${body}.`)).toBe('forged');
      expect(await judge(signature, [hmacKey], { 'x-s': [value, value], 'x-t': ms })).toBe('no proof');
    }
    const [hubSpot, value] = cases[0];
    expect(await judge(hubSpot, [hmacKey], { 'x-s': value })).toBe('no proof');
    expect(await judge(hubSpot, [hmacKey], { 'x-s': value, 'x-t': ms }, body, { method: 'PUT', uri })).toBe('forged');
    const old = String(nowSeconds * 1000 - 301_000);
    expect(await judge(hubSpot, [hmacKey], { 'x-s': make(`POST${uri}${body}${old}`, 'base64'), 'x-t': old })).toBe(
      'wrong-age',
    );
  });
});

test('base64 is taken only as an encoder writes it', async () => {
  expect(strictBase64('AAE=')).toEqual(Buffer.from([0, 1]));
  for (const text of ['', 'AAE', 'AAF=', 'AAE==', 'AA E=', '_-A='])
    expect(strictBase64(text), `with ${text}`).toBeUndefined();
});

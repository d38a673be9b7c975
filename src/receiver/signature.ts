import { createHmac, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Signature } from '../../connectors/_kit/hook.ts';
import { isDerSignature, strictBase64, strictHex } from './strict-encoding.ts';

/** What a request's headers claim, well-formed; whether it is true takes the body. */
export type Proof = {
  /** The time stamp's text; '' where the sender signs none. */
  readonly timestamp: string;
  readonly signatures: readonly Buffer[];
};

/** Parts of a request beside its body that a signature may be of. */
export type SignedRequest = {
  readonly method: string;
  /** The address as the sender knows it, where the signature is of it too. */
  readonly uri: string;
};

/** All values of a header, lower-case name, in the order in which they came. */
export type HeaderValues = (name: string) => readonly string[];

/** `skewSeconds`: our clock less the sender's. */
export type Verdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'forged' }
  | { readonly kind: 'wrong-age'; readonly skewSeconds: number };

/** Checks posts against a hook's declared signature and its keys. */
export type Verifier = {
  /** Undefined: no post with these headers can be genuine, so its body need not be read. */
  readProof(headers: HeaderValues): Proof | undefined;
  judge(proof: Proof, request: SignedRequest, body: Uint8Array, nowMs: number): Promise<Verdict>;
};

/** A key that cannot be one. Never says what it is. */
export class SignatureKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SignatureKeyError';
  }
}

const longestHeader = 4096;
/** During a rotation senders put two or three. */
const mostSignatures = 8;
const verifyAsync = promisify(verify);

/** Builds the check that a signature declares. Throws a SignatureKeyError for a key of another kind. */
export function createVerifier(signature: Signature, keys: readonly string[]): Verifier {
  const holds = signature.kind === 'ecdsa-p256-sha256' ? ecdsaCheck(keys) : hmacCheck(signature.signed, keys);
  return {
    readProof: (headers) => readProof(signature, headers),
    judge: async (proof, request, body, nowMs) => {
      if (!(await holds(proof, request, body))) return { kind: 'forged' };
      if (signature.kind !== 'hmac-sha256' || signature.maxAgeSeconds === undefined) return { kind: 'valid' };
      const sentMs = Number(proof.timestamp) * (signature.timestampUnit === 's' ? 1000 : 1);
      const skewSeconds = (nowMs - sentMs) / 1000;
      return Math.abs(skewSeconds) > signature.maxAgeSeconds ? { kind: 'wrong-age', skewSeconds } : { kind: 'valid' };
    },
  };
}

function readProof(signature: Signature, headers: HeaderValues): Proof | undefined {
  const text = onlyValue(headers, signature.header);
  if (text === undefined) return undefined;
  if (signature.kind === 'hmac-sha256' && signature.format === 't-v1-hex') return readList(text);
  const timestamp = signature.timestampHeader === undefined ? '' : onlyValue(headers, signature.timestampHeader);
  if (timestamp === undefined || !(signature.timestampHeader === undefined || isTimestamp(timestamp))) return undefined;
  if (signature.kind === 'hmac-sha256') {
    const bytes = signature.format === 'hex' ? strictHex(text) : strictBase64(text);
    return bytes?.length === 32 ? { timestamp, signatures: [bytes] } : undefined;
  }
  const bytes = strictBase64(text);
  return bytes !== undefined && isDerSignature(bytes) ? { timestamp, signatures: [bytes] } : undefined;
}

/** `t=<timestamp>,v1=<hex>`; other schemes may stand there too and count for nothing. */
function readList(text: string): Proof | undefined {
  const fields = text
    .split(',')
    .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]);
  const valuesOf = (name: string): readonly string[] =>
    fields.flatMap(([key, value = '']) => (key === name ? [value] : []));
  const [timestamp = '', ...more] = valuesOf('t');
  const signatures = valuesOf('v1').map(strictHex);
  if (!isTimestamp(timestamp) || more.length > 0) return undefined;
  if (signatures.length === 0 || signatures.length > mostSignatures) return undefined;
  const whole = signatures.filter((bytes) => bytes?.length === 32) as readonly Buffer[];
  return whole.length === signatures.length ? { timestamp, signatures: whole } : undefined;
}

/** A header that is there exactly once: which of two would count is a matter of taste. */
function onlyValue(headers: HeaderValues, name: string): string | undefined {
  const values = headers(name.toLowerCase());
  const [value] = values;
  return values.length === 1 && value !== undefined && value.length <= longestHeader ? value : undefined;
}

function isTimestamp(text: string): boolean {
  return /^\d{1,16}$/.test(text);
}

type Check = (proof: Proof, request: SignedRequest, body: Uint8Array) => Promise<boolean>;

function ecdsaCheck(keys: readonly string[]): Check {
  const publicKeys = keys.map(readPublicKey);
  return async ({ timestamp, signatures: [signature] }, _request, body) => {
    if (signature === undefined) return false;
    const signed = Buffer.concat([Buffer.from(timestamp), body]);
    // Off the main thread: it goes on reading meanwhile.
    for (const key of publicKeys) if (await verifyAsync('sha256', signed, key, signature)) return true;
    return false;
  };
}

function readPublicKey(text: string): KeyObject {
  const der = strictBase64(text.trim());
  let key: KeyObject | undefined;
  try {
    key = der === undefined ? undefined : createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new SignatureKeyError('It is not a public key of the curve P-256 in base64 (one line, without BEGIN and END).');
}

function hmacCheck(template: string, keys: readonly string[]): Check {
  if (keys.some((key) => key === '')) throw new SignatureKeyError('It is empty.');
  return async ({ timestamp, signatures }, { method, uri }, body) => {
    const values: Readonly<Record<string, string | Uint8Array>> = { timestamp, method, uri, body };
    let isEqual = false;
    for (const key of keys) {
      const hmac = createHmac('sha256', key);
      for (const part of template.split(/(\{\w+\})/)) hmac.update(values[part.slice(1, -1)] ?? part);
      const expected = hmac.digest();
      // All are compared, so that the time does not tell which one was nearly right.
      for (const signature of signatures) isEqual = timingSafeEqual(signature, expected) || isEqual;
    }
    return isEqual;
  };
}

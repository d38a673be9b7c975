import { createHmac, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Signature } from '../../connectors/_kit/hook.ts';
import { freeBytes } from '../contracts/free-bytes.ts';
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

/** Looks at a body as it comes. */
export type Judgement = {
  update(chunk: Uint8Array): void;
  /** After the last chunk. */
  end(nowMs: number): Promise<Verdict>;
};

/** Checks posts against a hook's declared signature and its keys. */
export type Verifier = {
  /** Undefined: no post with these headers can be genuine, so its body need not be read. */
  readProof(headers: HeaderValues): Proof | undefined;
  begin(proof: Proof, request: SignedRequest): Judgement;
};

/** A key that cannot be one. Never says what it is. */
export class SignatureKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SignatureKeyError';
  }
}

const verifyAsync = promisify(verify);
const longestHeader = 4096;
/** During a rotation senders put two or three. */
const mostSignatures = 8;

/** Builds the check that a signature declares. Throws a SignatureKeyError for a key of another kind. */
export function createVerifier(signature: Signature, keys: readonly string[]): Verifier {
  const begin = signature.kind === 'ecdsa-p256-sha256' ? ecdsaCheck(keys) : hmacCheck(signature.signed, keys);
  return {
    readProof: (headers) => readProof(signature, headers),
    begin: (proof, request) => {
      const check = begin(proof, request);
      return {
        update: check.update,
        end: async (nowMs) => {
          if (!(await check.holds())) return { kind: 'forged' };
          if (signature.kind !== 'hmac-sha256' || signature.maxAgeSeconds === undefined) return { kind: 'valid' };
          const sentMs = Number(proof.timestamp) * (signature.timestampUnit === 's' ? 1000 : 1);
          const skewSeconds = (nowMs - sentMs) / 1000;
          const isOfAge = Math.abs(skewSeconds) <= signature.maxAgeSeconds;
          return isOfAge ? { kind: 'valid' } : { kind: 'wrong-age', skewSeconds };
        },
      };
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

/** One pass over what was signed. */
type Check = { readonly update: (chunk: Uint8Array) => void; readonly holds: () => Promise<boolean> };
type BeginCheck = (proof: Proof, request: SignedRequest) => Check;

function ecdsaCheck(keys: readonly string[]): BeginCheck {
  const publicKeys = keys.map(readPublicKey);
  return ({ timestamp, signatures: [signature = Buffer.alloc(0)] }) => {
    const signed: Uint8Array[] = [Buffer.from(timestamp)];
    return {
      update: (chunk) => void signed.push(chunk),
      holds: async () => {
        const bytes = Buffer.concat(signed);
        try {
          // Off the main thread: it goes on reading meanwhile.
          for (const key of publicKeys) if (await verifyAsync('sha256', bytes, key, signature)) return true;
          return false;
        } finally {
          freeBytes(bytes);
        }
      },
    };
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

function hmacCheck(template: string, keys: readonly string[]): BeginCheck {
  if (keys.some((key) => key === '')) throw new SignatureKeyError('It is empty.');
  const [before = '', after = ''] = template.split('{body}');
  return ({ timestamp, signatures }, { method, uri }) => {
    const values: Readonly<Record<string, string>> = { '{timestamp}': timestamp, '{method}': method, '{uri}': uri };
    const filled = (text: string): string => text.replaceAll(/\{\w+\}/g, (name) => values[name] ?? name);
    const hmacs = keys.map((key) => createHmac('sha256', key).update(filled(before)));
    return {
      update: (chunk) => {
        for (const hmac of hmacs) hmac.update(chunk);
      },
      holds: async () => {
        let isEqual = false;
        for (const hmac of hmacs) {
          const expected = hmac.update(filled(after)).digest();
          // All are compared, so that the time does not tell which one was nearly right.
          for (const signature of signatures) isEqual = timingSafeEqual(signature, expected) || isEqual;
        }
        return isEqual;
      },
    };
  };
}

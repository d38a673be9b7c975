/** Bytes of standard base64 as an encoder writes it; undefined for url-safe letters, spaces, missing or surplus padding, stray bits. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}

/** Bytes of hexadecimal text; undefined for anything else. */
export function strictHex(text: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** Order of the group of P-256. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

/**
 * Whether bytes are the one DER form of an ECDSA P-256 signature: a SEQUENCE of two positive INTEGERs, each below the group's
 * order, all in the fewest bytes, and nothing behind them. (Signers do not agree on low s, so both halves are taken.)
 */
export function isDerSignature(bytes: Buffer): boolean {
  if (bytes.length < 8 || bytes.length > 72 || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return false;
  const endOfR = endOfScalar(bytes, 2);
  return endOfR !== undefined && endOfScalar(bytes, endOfR) === bytes.length;
}

/** Where an INTEGER from 1 to below the order ends that begins here. */
function endOfScalar(bytes: Buffer, at: number): number | undefined {
  const length = bytes[at + 1] ?? 0;
  const end = at + 2 + length;
  if (bytes[at] !== 0x02 || length === 0 || length > 33 || end > bytes.length) return undefined;
  const [first = 0, second = 0] = bytes.subarray(at + 2, end);
  // Negative, zero, or with a zero that says nothing.
  if (first >= 0x80 || (first === 0 && second < 0x80)) return undefined;
  const digits = bytes.subarray(first === 0 ? at + 3 : at + 2, end);
  return digits.length < order.length || (digits.length === order.length && digits.compare(order) < 0)
    ? end
    : undefined;
}

// SHA-256 of many messages, four at a time: a lane of each vector works one message, and takes the next when it has ended.

import { copy } from './memory';

const WORDS = memory.data(16 * 64, 16);
const STATE = memory.data(16 * 8, 16);
/** A lane's last block or two, with padding. */
const TAILS = memory.data(4 * 160, 16);
const TAIL: usize = 160;
/** A lane's message: next block, whole blocks left, next block of the tail, blocks of the tail left, job. */
const LANES = memory.data(4 * 32, 16);
const DIGEST = memory.data(32, 16);

const INITIAL = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

const K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

const HEX = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);

/** A job: pointer and length of the message, where the digest goes; the next job is `stride` bytes on. */
export const MESSAGE: usize = 0;
export const LENGTH: usize = 4;
export const DIGEST_TO: usize = 8;

/**
 * Hashes the messages of all jobs, which have a first block of 64 bytes in common: `initial` is the state behind it. Digests are
 * written as they are, or in hexadecimal.
 */
export function hashAll(jobs: usize, count: u32, stride: usize, isHexadecimal: bool, initial: usize): void {
  let next: u32 = 0;
  let busy: u32 = 0;
  for (let lane: usize = 0; lane < 4; lane++) {
    if (next < count) {
      begin(lane, jobs + stride * next, initial);
      next++;
      busy++;
    } else idle(lane);
  }
  while (busy > 0) {
    compress(take(0), take(1), take(2), take(3));
    for (let lane: usize = 0; lane < 4; lane++) {
      const at = LANES + 32 * lane;
      if (load<u32>(at, 4) != 0 || load<u32>(at, 12) != 0) continue;
      const job = <usize>load<u32>(at, 16);
      if (job == 0) continue;
      finish(lane, load<u32>(job, DIGEST_TO), isHexadecimal);
      if (next < count) {
        begin(lane, jobs + stride * next, initial);
        next++;
      } else {
        idle(lane);
        busy--;
      }
    }
  }
}

/** The state behind one block, from which messages that begin with it go on. */
export function stateBehind(block: usize, to: usize): void {
  for (let word: usize = 0; word < 8; word++) store<u32>(STATE + 16 * word, load<u32>(INITIAL + 4 * word));
  compress(block, block, block, block);
  for (let word: usize = 0; word < 8; word++) store<u32>(to + 4 * word, load<u32>(STATE + 16 * word));
}

function begin(lane: usize, job: usize, initial: usize): void {
  for (let word: usize = 0; word < 8; word++) store<u32>(STATE + 16 * word + 4 * lane, load<u32>(initial + 4 * word));
  const message = <usize>load<u32>(job, MESSAGE);
  const length = <usize>load<u32>(job, LENGTH);
  const whole = length >>> 6;
  const rest = length & 63;
  const tail = TAILS + TAIL * lane;
  const tailBlocks: usize = rest < 56 ? 1 : 2;
  copy(tail, message + 64 * whole, rest);
  store<u8>(tail + rest, 0x80);
  for (let at = tail + rest + 1; at < tail + 128; at += 16) v128.store(at, i8x16.splat(0));
  store<u64>(tail + 64 * tailBlocks - 8, bswap<u64>((64 + <u64>length) << 3));
  const at = LANES + 32 * lane;
  store<u32>(at, message);
  store<u32>(at, whole, 4);
  store<u32>(at, tail, 8);
  store<u32>(at, tailBlocks, 12);
  store<u32>(at, job, 16);
}

/** A lane without a message works a block that nobody asks for. */
function idle(lane: usize): void {
  const at = LANES + 32 * lane;
  store<u32>(at, 0, 4);
  store<u32>(at, 0, 12);
  store<u32>(at, 0, 16);
}

/** The lane's next block. */
function take(lane: usize): usize {
  const at = LANES + 32 * lane;
  const whole = load<u32>(at, 4);
  if (whole != 0) {
    const block = <usize>load<u32>(at);
    store<u32>(at, block + 64);
    store<u32>(at, whole - 1, 4);
    return block;
  }
  const left = load<u32>(at, 12);
  if (left == 0) return TAILS + TAIL * lane;
  const block = <usize>load<u32>(at, 8);
  store<u32>(at, block + 64, 8);
  store<u32>(at, left - 1, 12);
  return block;
}

function finish(lane: usize, to: usize, isHexadecimal: bool): void {
  const out = isHexadecimal ? DIGEST : to;
  for (let word: usize = 0; word < 8; word++)
    store<u32>(out + 4 * word, bswap<u32>(load<u32>(STATE + 16 * word + 4 * lane)));
  if (!isHexadecimal) return;
  hexadecimal(to, DIGEST);
  hexadecimal(to + 32, DIGEST + 16);
}

/** Sixteen bytes as 32 digits. */
function hexadecimal(to: usize, from: usize): void {
  const bytes = v128.load(from);
  const high = i8x16.swizzle(HEX, i8x16.shr_u(bytes, 4));
  const low = i8x16.swizzle(HEX, v128.and(bytes, i8x16.splat(15)));
  v128.store(to, i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  v128.store(to + 16, i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}

function turned(x: v128, by: i32): v128 {
  return v128.or(i32x4.shr_u(x, by), i32x4.shl(x, 32 - by));
}

function bytesTurned(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Four words of each message become four vectors of one word of each. */
function transpose(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, bytesTurned(i64x2.shuffle(ab, cd, 0, 2)));
  v128.store(to, bytesTurned(i64x2.shuffle(ab, cd, 1, 3)), 16);
  v128.store(to, bytesTurned(i64x2.shuffle(abHigh, cdHigh, 0, 2)), 32);
  v128.store(to, bytesTurned(i64x2.shuffle(abHigh, cdHigh, 1, 3)), 48);
}

/** What a round adds to `d` and `h`. */
function first(e: v128, f: v128, g: v128, h: v128, index: usize): v128 {
  const sum = v128.xor(v128.xor(turned(e, 6), turned(e, 11)), turned(e, 25));
  const key = i32x4.add(v128.load32_splat(K + 4 * index), v128.load(WORDS + 16 * index));
  return i32x4.add(i32x4.add(i32x4.add(h, key), sum), v128.xor(g, v128.and(e, v128.xor(f, g))));
}

function second(a: v128, b: v128, c: v128): v128 {
  const sum = v128.xor(v128.xor(turned(a, 2), turned(a, 13)), turned(a, 22));
  return i32x4.add(sum, v128.xor(v128.and(a, b), v128.and(c, v128.xor(a, b))));
}

/** One block of each lane. */
function compress(one: usize, two: usize, three: usize, four: usize): void {
  for (let part: usize = 0; part < 64; part += 16)
    transpose(
      WORDS + 4 * part,
      v128.load(one + part),
      v128.load(two + part),
      v128.load(three + part),
      v128.load(four + part),
    );
  for (let word = WORDS + 256; word < WORDS + 1024; word += 16) {
    const early = v128.load(word - 240);
    const late = v128.load(word - 32);
    const low = v128.xor(v128.xor(turned(early, 7), turned(early, 18)), i32x4.shr_u(early, 3));
    const high = v128.xor(v128.xor(turned(late, 17), turned(late, 19)), i32x4.shr_u(late, 10));
    v128.store(word, i32x4.add(i32x4.add(v128.load(word - 256), low), i32x4.add(v128.load(word - 112), high)));
  }
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let f = v128.load(STATE, 80);
  let g = v128.load(STATE, 96);
  let h = v128.load(STATE, 112);
  for (let index: usize = 0; index < 64; index += 8) {
    // The names move on instead of the values.
    h = first(e, f, g, h, index);
    d = i32x4.add(d, h);
    h = i32x4.add(h, second(a, b, c));
    g = first(d, e, f, g, index + 1);
    c = i32x4.add(c, g);
    g = i32x4.add(g, second(h, a, b));
    f = first(c, d, e, f, index + 2);
    b = i32x4.add(b, f);
    f = i32x4.add(f, second(g, h, a));
    e = first(b, c, d, e, index + 3);
    a = i32x4.add(a, e);
    e = i32x4.add(e, second(f, g, h));
    d = first(a, b, c, d, index + 4);
    h = i32x4.add(h, d);
    d = i32x4.add(d, second(e, f, g));
    c = first(h, a, b, c, index + 5);
    g = i32x4.add(g, c);
    c = i32x4.add(c, second(d, e, f));
    b = first(g, h, a, b, index + 6);
    f = i32x4.add(f, b);
    b = i32x4.add(b, second(c, d, e));
    a = first(f, g, h, a, index + 7);
    e = i32x4.add(e, a);
    a = i32x4.add(a, second(b, c, d));
  }
  v128.store(STATE, i32x4.add(v128.load(STATE), a));
  v128.store(STATE, i32x4.add(v128.load(STATE, 16), b), 16);
  v128.store(STATE, i32x4.add(v128.load(STATE, 32), c), 32);
  v128.store(STATE, i32x4.add(v128.load(STATE, 48), d), 48);
  v128.store(STATE, i32x4.add(v128.load(STATE, 64), e), 64);
  v128.store(STATE, i32x4.add(v128.load(STATE, 80), f), 80);
  v128.store(STATE, i32x4.add(v128.load(STATE, 96), g), 96);
  v128.store(STATE, i32x4.add(v128.load(STATE, 112), h), 112);
}

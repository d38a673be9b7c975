/** Shorter ones are left to the garbage collector, bytes. */
const smallest = 4096;

/**
 * Gives the memory of bytes back at once; they are empty from then on. For pages, lines and posts, which come by the gigabyte:
 * left to the garbage collector, they make it look through everything else every few pages. What may share its memory stays:
 * of a slab of small buffers (`Buffer.poolSize`) none is as long as half of it.
 */
export function freeBytes({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isAlone = byteOffset === 0 && byteLength * 2 > buffer.byteLength && byteLength >= smallest;
  if (isAlone && buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}

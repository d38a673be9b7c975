/**
 * Gives the memory of bytes back at once; they are empty from then on. For pages and lines, which come by the gigabyte: left
 * to the garbage collector, they make it look through everything else every few pages. Small ones share a slab and stay.
 */
export function freeBytes({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isAlone = byteOffset === 0 && byteLength * 2 > buffer.byteLength && buffer.byteLength > Buffer.poolSize;
  if (isAlone && buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}

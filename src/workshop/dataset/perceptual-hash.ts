/** A hash of what a picture looks like: near-identical pictures have hashes that differ in few of their 64 bits. */
import sharp from 'sharp';

/** One column more than bits in a row: each bit says whether the brightness rises to the next column. */
const columns = 9;
const rows = 8;

/**
 * The difference hash (dHash) of any picture that sharp reads.
 * Rejects when it can't be decoded.
 */
export async function perceptualHash(picture: Uint8Array | string): Promise<bigint> {
  const grey = await sharp(picture, { failOn: 'truncated' })
    .autoOrient()
    .greyscale()
    .resize(columns, rows, { fit: 'fill' })
    .raw()
    .toBuffer();
  let hash = 0n;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const at = row * columns + column;
      hash = (hash << 1n) | (grey[at]! < grey[at + 1]! ? 1n : 0n);
    }
  }
  return hash;
}

/** Number of bits in which two hashes differ, 0..64. */
export function differingBits(a: bigint, b: bigint): number {
  let difference = a ^ b;
  let count = 0;
  while (difference > 0n) {
    count += Number(difference & 1n);
    difference >>= 1n;
  }
  return count;
}

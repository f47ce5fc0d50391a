/** The same picture in fewer bytes, for a broker that takes no more. */
import sharp from 'sharp';

/** A picture with a shorter longest side shows nothing any more. */
const shortestSidePx = 64;
const quality = 60;
/** Each attempt aims lower, should a picture shrink worse than its area. */
const mostAttempts = 6;
const aim = 0.85;

/** @returns a JPEG of `mostBytes` at most; undefined when nothing would be left to see. Rejects when `jpeg` can't be decoded */
export async function smallerJpeg(jpeg: Uint8Array, mostBytes: number): Promise<Uint8Array | undefined> {
  if (jpeg.byteLength <= mostBytes) return jpeg;
  const { width, height } = await sharp(jpeg).metadata();
  const longestPx = Math.max(width, height);
  // The bytes of a JPEG grow about as its area does.
  let sidePx = longestPx * Math.min(1, Math.sqrt(mostBytes / jpeg.byteLength) * 1.1);
  for (let attempt = 0; attempt < mostAttempts && sidePx >= shortestSidePx; attempt++) {
    const longestSidePx = Math.round(sidePx);
    const smaller = await sharp(jpeg)
      .resize({ width: longestSidePx, height: longestSidePx, fit: 'inside' })
      .jpeg({ quality })
      .toBuffer();
    if (smaller.byteLength <= mostBytes) return smaller;
    sidePx *= Math.min(aim, Math.sqrt(mostBytes / smaller.byteLength) * aim);
  }
  return undefined;
}

/** Makes it once for each limit: the same picture is said anew on every connect. */
export function keepingSmaller(jpeg: Uint8Array): (mostBytes: number) => Promise<Uint8Array | undefined> {
  let made: { readonly mostBytes: number; readonly picture: Promise<Uint8Array | undefined> } | undefined;
  return (mostBytes) => {
    if (made?.mostBytes !== mostBytes) {
      made = { mostBytes, picture: smallerJpeg(jpeg, mostBytes).catch(() => undefined) };
    }
    return made.picture;
  };
}

/** The orientation tag of a photo: how a phone or camera was held (Exif 2.3, tag 0x0112). */
import type { RotationDeg } from './frame.ts';

const app1 = 0xe1;
const orientationTag = 0x0112;

/** Clockwise turn that makes the photo upright. Mirrored orientations, which cameras don't write, count as their turn. */
export function exifRotation(jpeg: Buffer): RotationDeg {
  const exif = findExif(jpeg);
  const orientation = exif === undefined ? 1 : readOrientation(exif);
  if (orientation === 3 || orientation === 4) return 180;
  if (orientation === 5 || orientation === 6) return 90;
  return orientation === 7 || orientation === 8 ? 270 : 0;
}

/** The TIFF structure inside the first Exif segment. */
function findExif(jpeg: Buffer): Buffer | undefined {
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff) {
    const code = jpeg[at + 1] ?? 0;
    // The headers are over: start of scan, or end of image.
    if (code === 0xda || code === 0xd9) return undefined;
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (code === app1 && jpeg.toString('latin1', at + 4, at + 10) === 'Exif\0\0') return jpeg.subarray(at + 10, end);
    at = end;
  }
  return undefined;
}

function readOrientation(tiff: Buffer): number {
  if (tiff.length < 14) return 1;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number): number =>
    at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const count = Math.min(u16(directory), 200);
  for (let entry = directory + 2; entry < directory + 2 + count * 12; entry += 12) {
    if (u16(entry) === orientationTag) return u16(entry + 8);
  }
  return 1;
}

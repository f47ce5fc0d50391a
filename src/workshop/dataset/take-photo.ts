/** A frame as the JPEG of a training photo: upright, whole or one box of it. */
import sharp from 'sharp';
import { snapshotsSection } from '../../config/snapshots-section.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { insidePicture, squareAround } from '../../flow/preprocess/geometry.ts';
import { createJpegEncoder, snapshotSize } from '../../flow/snapshot/jpeg-encoder.ts';
import type { Box } from '../../geometry/boxes.ts';

const quality = 92;
const longestSidePx = 4096;
/** As padding of crops while the agent runs: see preprocess/. */
const grey = '#808080';

/** The part of a frame that is wanted; see squareAround(). */
export interface Cut {
  readonly box: Box;
  readonly margin: number;
}

export type TakePhoto = (frame: Frame, cut?: Cut) => Promise<Uint8Array>;

/** One photo at a time. A cut is the same square that a second stage would look at. */
export function createPhotoTaker(): TakePhoto {
  const encode = createJpegEncoder(snapshotsSection.parse({ boxes: false, quality, longestSidePx }));
  return async (frame, cut) => {
    const whole = await encode(frame, []);
    if (cut === undefined) return whole;
    const size = snapshotSize(frame, longestSidePx);
    const region = squareAround(cut.box, size, cut.margin);
    const { leftPx: left, topPx: top, widthPx: width, heightPx: height } = insidePicture(region, size);
    const missing = { left: Math.max(0, left - region.leftPx), top: Math.max(0, top - region.topPx) };
    return sharp(whole)
      .extract({ left, top, width, height })
      .extend({
        ...missing,
        right: Math.max(0, region.widthPx - width - missing.left),
        bottom: Math.max(0, region.heightPx - height - missing.top),
        background: grey,
      })
      .jpeg({ quality })
      .toBuffer();
  };
}

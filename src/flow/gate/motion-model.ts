/** What moves in a small grey picture: a background that adapts, noise that is learnt, light that comes and goes. */
import type { Box } from '../../geometry/boxes.ts';
import type { Motion } from './admission.ts';
import { createMotionBoxes } from './motion-boxes.ts';

export interface MotionModelOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** One per pixel: 0 where nothing counts. */
  readonly counted: Uint8Array;
}

export interface MotionReading {
  readonly moved: boolean;
  /** In fractions of the picture as it is. */
  readonly motion: Motion;
}

/** How fast the background takes over what it sees, and what moves in front of it, seconds. */
const adaptSeconds = 4;
const adaptToMovingSeconds = 12;
/** A pixel has changed when it differs by this many grey values, and by this many times its usual noise. */
const leastDifference = 10;
const noiseFactor = 4;
/** Noise of a pixel of which nothing is known yet, and how fast it is learnt, seconds. */
const firstNoise = 3;
const noiseSeconds = 10;
/** Motion is this many changed pixels of one block of 4 x 4: a speck of noise changes one. */
const blockPx = 4;
const changedPixelsOfBlock = 4;
/** When more of the picture than this changed, the light changed: the background is taken anew. */
const lightShare = 0.6;

const everything: Motion = { boxes: [[0, 0, 1, 1]], share: 1, all: true };

export interface MotionModel {
  /**
   * Takes the next picture, one grey value per pixel.
   * @param nowMs performance.now() of the frame
   */
  take(picture: Uint8Array, nowMs: number): MotionReading;
}

/** Allocates once; per picture only the boxes. */
export function createMotionModel({ widthPx, heightPx, counted }: MotionModelOptions): MotionModel {
  const count = widthPx * heightPx;
  const background = new Float32Array(count);
  const noise = new Float32Array(count).fill(firstNoise);
  const changed = new Uint8Array(count);
  const countedTotal = counted.reduce((sum, one) => sum + one, 0);
  let lastMs: number | undefined;

  const begin = (picture: Uint8Array): void => {
    for (let at = 0; at < count; at++) background[at] = picture[at]!;
  };

  /** Median of the differences: how much lighter the whole picture became, such as by a cloud or the camera's own exposure. */
  const histogram = new Uint32Array(511);
  const lightChange = (picture: Uint8Array): number => {
    histogram.fill(0);
    for (let at = 0; at < count; at++) {
      if (counted[at]) histogram[Math.round(picture[at]! - background[at]!) + 255]! += 1;
    }
    let below = 0;
    for (let value = 0; value < histogram.length; value++) {
      below += histogram[value]!;
      if (2 * below >= countedTotal) return value - 255;
    }
    return 0;
  };

  const step = blockPx / 2;
  const columns = Math.ceil(widthPx / step);
  const rows = Math.ceil(heightPx / step);
  const moving = new Uint8Array(columns * rows);
  const boxesOf = createMotionBoxes({ columns, rows });
  const movingBoxes = (): Box[] => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let pixels = 0;
        for (let y = row * step; y < Math.min(heightPx, row * step + blockPx); y++) {
          for (let x = column * step; x < Math.min(widthPx, column * step + blockPx); x++) {
            pixels += changed[y * widthPx + x]!;
          }
        }
        moving[row * columns + column] = pixels >= changedPixelsOfBlock ? 1 : 0;
      }
    }
    // Blocks lie half over each other.
    return boxesOf(moving).map(({ left, top, right, bottom }) => [
      (left * step) / widthPx,
      (top * step) / heightPx,
      Math.min(1, ((right + 1) * step) / widthPx),
      Math.min(1, ((bottom + 1) * step) / heightPx),
    ]);
  };

  return {
    take: (picture, nowMs) => {
      if (lastMs === undefined) {
        begin(picture);
        lastMs = nowMs;
        // Nobody knows what was there before: the first picture is looked at.
        return { moved: true, motion: everything };
      }
      const seconds = Math.max(0, nowMs - lastMs) / 1000;
      lastMs = nowMs;
      const light = lightChange(picture);
      const rate = 1 - Math.exp(-seconds / adaptSeconds);
      const movingRate = 1 - Math.exp(-seconds / adaptToMovingSeconds);
      const noiseRate = 1 - Math.exp(-seconds / noiseSeconds);
      let changedTotal = 0;
      for (let at = 0; at < count; at++) {
        const difference = picture[at]! - light - background[at]!;
        const size = Math.abs(difference);
        const isChanged = counted[at] === 1 && size > leastDifference && size > noiseFactor * noise[at]!;
        changed[at] = isChanged ? 1 : 0;
        if (isChanged) changedTotal += 1;
        // What moves is learnt slowly, and leaves no noise behind: so a visitor isn't later taken for leaves in the wind.
        background[at]! += light + (isChanged ? movingRate : rate) * difference;
        const learnt = isChanged ? Math.min(size, 3 * noise[at]!) : size;
        noise[at]! += noiseRate * (learnt - noise[at]!);
      }
      if (changedTotal > lightShare * countedTotal) {
        begin(picture);
        return { moved: true, motion: everything };
      }
      const boxes = changedTotal >= changedPixelsOfBlock ? movingBoxes() : [];
      const share = countedTotal === 0 ? 0 : changedTotal / countedTotal;
      return { moved: boxes.length > 0, motion: { boxes, share, all: false } };
    },
  };
}

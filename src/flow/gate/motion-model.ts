/** What moves in a small grey picture: a background that adapts, noise that is learnt, light that comes and goes. */

export interface MotionModelOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** One per pixel: 0 where nothing counts. */
  readonly counted: Uint8Array;
}

export interface MotionReading {
  /** Share of the counted blocks that changed, 0..1. */
  readonly changedShare: number;
  readonly moved: boolean;
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

export interface MotionModel {
  /**
   * Takes the next picture, one grey value per pixel.
   * @param nowMs performance.now() of the frame
   */
  take(picture: Uint8Array, nowMs: number): MotionReading;
}

/** Allocates once; nothing per picture. */
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

  const movingBlocks = (): number => {
    let moving = 0;
    for (let top = 0; top < heightPx; top += blockPx / 2) {
      for (let left = 0; left < widthPx; left += blockPx / 2) {
        let pixels = 0;
        for (let y = top; y < Math.min(heightPx, top + blockPx); y++) {
          for (let x = left; x < Math.min(widthPx, left + blockPx); x++) pixels += changed[y * widthPx + x]!;
        }
        if (pixels >= changedPixelsOfBlock) moving += 1;
      }
    }
    return moving;
  };

  return {
    take: (picture, nowMs) => {
      if (lastMs === undefined) {
        begin(picture);
        lastMs = nowMs;
        // Nobody knows what was there before: the first picture is looked at.
        return { changedShare: 1, moved: true };
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
        // What moves is learnt slowly, and leaves no noise behind: a visitor isn't taken for a trembling leaf.
        background[at]! += light + (isChanged ? movingRate : rate) * difference;
        const learnt = isChanged ? Math.min(size, 3 * noise[at]!) : size;
        noise[at]! += noiseRate * (learnt - noise[at]!);
      }
      if (changedTotal > lightShare * countedTotal) {
        begin(picture);
        return { changedShare: changedTotal / countedTotal, moved: true };
      }
      const moved = changedTotal >= changedPixelsOfBlock && movingBlocks() > 0;
      return { changedShare: countedTotal === 0 ? 0 : changedTotal / countedTotal, moved };
    },
  };
}

/** What a camera looks at, as a small picture of its edges: tells whether two pictures were taken from the same place. Pure functions. */

/** A grey picture, one byte a pixel. */
export interface GreyPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: Uint8Array;
}

/**
 * For each pixel how it is edged: direction and sharpness of the edge, the direction with its angle doubled, so that an edge from dark to
 * light equals one from light to dark (infrared light turns many of them round). Light that grows or falls leaves it as it is.
 */
export interface View {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly across: Float32Array;
  readonly along: Float32Array;
  /** How much there is to compare: mean sharpness of the edges, 0..1. */
  readonly detail: number;
}

/** same: from the same place. moved: the same things, elsewhere in the picture. other: other things. unclear: too little is to be seen. */
export type ViewVerdict = 'same' | 'moved' | 'other' | 'unclear';

/** Width of a view, pixels; its height follows from the picture's ratio. */
export const mostViewPx = 80;
/** Edges as weak as the noise of a camera say nothing, grey values. */
const noise = 6;
/** Views are held against each other at shifts of at most so much of their sides. */
const mostShift = 0.12;
/** A camera sways in the wind, and its fastening gives: pixels of the view. */
const sway = 1;
/**
 * The likeness at a shift must stand out so much among all of them, in standard deviations. On films of three streets the likeness at rest
 * stood out by 4.4 to 37 in light eight times weaker, turned into its negative, in haze, and behind a parked car; that of another street
 * or of the same one mirrored by 0 to 4 at its best shift.
 */
const clear = 4;
/** Below it a view is too dark or too misty to say that it shows other things. */
const leastDetail = 0.5;

export function viewOf(picture: GreyPicture): View {
  const { widthPx, heightPx, bytes: grey } = shrunk(picture);
  const across = new Float32Array(widthPx * heightPx);
  const along = new Float32Array(widthPx * heightPx);
  let detail = 0;
  for (let y = 1; y < heightPx - 1; y++) {
    for (let x = 1; x < widthPx - 1; x++) {
      const at = y * widthPx + x;
      const dx = grey[at + 1]! - grey[at - 1]!;
      const dy = grey[at + widthPx]! - grey[at - widthPx]!;
      const square = dx * dx + dy * dy;
      const weight = square / (square + noise * noise);
      detail += weight;
      if (square === 0) continue;
      across[at] = (weight * (dx * dx - dy * dy)) / square;
      along[at] = (weight * 2 * dx * dy) / square;
    }
  }
  return { widthPx, heightPx, across, along, detail: detail / Math.max(1, (widthPx - 2) * (heightPx - 2)) };
}

/** Who sees less than this sees nothing that could be compared. */
const noDetail = 0.01;

/** @param before what is known @param now what is seen, of the same size */
export function compareViews(before: View, now: View): ViewVerdict {
  const comparison = comparing(before, now);
  for (;;) {
    const step = comparison.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of a millisecond or a few: it takes too long for one. */
export function* comparing(before: View, now: View): Generator<undefined, ViewVerdict, undefined> {
  const { widthPx, heightPx } = before;
  const [right, down] = [Math.round(mostShift * widthPx), Math.round(mostShift * heightPx)];
  const found: Shifted[] = [];
  for (let dy = -down; dy <= down; dy++) {
    for (let dx = -right; dx <= right; dx++) found.push({ dx, dy, likeness: likenessAt(before, now, dx, dy) });
    yield;
  }
  const isRest = ({ dx, dy }: Shifted) => Math.abs(dx) <= sway && Math.abs(dy) <= sway;
  const atRest = standsOut(highest(found.filter(isRest)), found);
  const elsewhere = standsOut(highest(found.filter((one) => !isRest(one))), found);
  if (elsewhere >= clear && elsewhere > atRest) return 'moved';
  if (atRest >= clear) return 'same';
  return now.detail >= Math.max(noDetail, leastDetail * before.detail) ? 'other' : 'unclear';
}

/** How alike two views are when one is shifted. */
interface Shifted {
  readonly dx: number;
  readonly dy: number;
  readonly likeness: number;
}

/** Around a peak the likeness falls over some pixels: what lies nearer than this isn't counted among the others. */
const peakPx = 3;

function standsOut(peak: Shifted, all: readonly Shifted[]): number {
  const others = all.filter(({ dx, dy }) => Math.abs(dx - peak.dx) > peakPx || Math.abs(dy - peak.dy) > peakPx);
  const mean = others.reduce((sum, { likeness }) => sum + likeness, 0) / others.length;
  const variance = others.reduce((sum, { likeness }) => sum + (likeness - mean) ** 2, 0) / others.length;
  // Of stripes, such as a fence, one peak is as good as the next.
  if (highest(others).likeness >= peak.likeness) return 0;
  return variance > 0 ? (peak.likeness - mean) / Math.sqrt(variance) : 0;
}

function highest(some: readonly Shifted[]): Shifted {
  return some.reduce((high, one) => (one.likeness > high.likeness ? one : high));
}

/** Mean agreement of the edges where both pictures lie over each other, -1..1. */
function likenessAt(before: View, now: View, dx: number, dy: number): number {
  const { widthPx, heightPx } = before;
  let [both, ofBefore, ofNow] = [0, 0, 0];
  for (let y = Math.max(0, -dy); y < Math.min(heightPx, heightPx - dy); y++) {
    for (let x = Math.max(0, -dx); x < Math.min(widthPx, widthPx - dx); x++) {
      const at = y * widthPx + x;
      const to = at + dy * widthPx + dx;
      const [a, b] = [before.across[at]!, before.along[at]!];
      const [c, d] = [now.across[to]!, now.along[to]!];
      both += a * c + b * d;
      ofBefore += a * a + b * b;
      ofNow += c * c + d * d;
    }
  }
  return ofBefore > 0 && ofNow > 0 ? both / Math.sqrt(ofBefore * ofNow) : 0;
}

/** As small as a view: means of the pixels that fall together. */
export function shrunk({ widthPx: fromWidth, heightPx: fromHeight, bytes }: GreyPicture): GreyPicture {
  const widthPx = Math.min(mostViewPx, fromWidth);
  const heightPx = Math.min(4 * mostViewPx, Math.max(3, Math.round((widthPx * fromHeight) / fromWidth)));
  const grey = new Float32Array(widthPx * heightPx);
  const counts = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < fromHeight; y++) {
    const row = Math.min(heightPx - 1, Math.floor((y * heightPx) / fromHeight));
    for (let x = 0; x < fromWidth; x++) {
      const at = row * widthPx + Math.min(widthPx - 1, Math.floor((x * widthPx) / fromWidth));
      grey[at]! += bytes[y * fromWidth + x]!;
      counts[at]! += 1;
    }
  }
  return { widthPx, heightPx, bytes: Uint8Array.from(grey, (sum, at) => Math.round(sum / Math.max(1, counts[at]!))) };
}

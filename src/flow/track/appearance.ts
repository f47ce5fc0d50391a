/**
 * How an object looked when it was seen last, found again near where it should be: tells where what no look showed is, and whether
 * it is to be seen there at all. Normalised cross-correlation of brightness, which more or less light doesn't change (Lewis, Fast
 * Normalized Cross-Correlation, 1995). Pure functions.
 */
import type { Box } from '../../geometry/boxes.ts';
import { type Brightness, sampled } from '../../geometry/brightness.ts';

export interface Appearance {
  /** Extent in fractions of the frame. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  /** Brightness less its mean, row by row, scaled so that its squares sum up to 1. */
  readonly samples: Float32Array;
}

export interface FoundAgain {
  /** Its middle, in fractions of the frame. */
  readonly x: number;
  readonly y: number;
  /** Correlation with how it looked before, -1..1. */
  readonly similarity: number;
}

/** Samples along the longer side, and along the shorter one at least. */
const longSide = 24;
const shortSide = 6;
/** A smaller object has no looks to speak of, frame pixels. */
const leastPx = 4;
/** An even surface looks like any other: variance of the brightness, of steps out of 255, squared. */
const leastVariance = 4;
/** So far from where it should be it is sought, in its own width and height: people walk more than they jump. */
const reach = { across: 0.4, down: 0.15 };
/** The same looks at the end of the reach count for so much less. */
const pull = 0.15;

/** @returns undefined: too small, or too even, to be known again */
export function appearanceOf(brightness: Brightness, box: Box): Appearance | undefined {
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const [widthPx, heightPx] = [width * brightness.widthPx, height * brightness.heightPx];
  const longer = Math.max(widthPx, heightPx);
  if (Math.min(widthPx, heightPx) < leastPx) return undefined;
  const columns = Math.max(shortSide, Math.round((longSide * widthPx) / longer));
  const rows = Math.max(shortSide, Math.round((longSide * heightPx) / longer));
  const samples = sampled(brightness, box, { columns, rows });
  let mean = 0;
  for (let at = 0; at < samples.length; at++) mean += samples[at]! / samples.length;
  let squares = 0;
  for (let at = 0; at < samples.length; at++) {
    samples[at]! -= mean;
    squares += samples[at]! ** 2;
  }
  if (squares < leastVariance * samples.length) return undefined;
  const scale = 1 / Math.sqrt(squares);
  for (let at = 0; at < samples.length; at++) samples[at]! *= scale;
  return { width, height, columns, rows, samples };
}

/** @param x @param y where its middle should be, in fractions of the frame */
export function findAgain(brightness: Brightness, before: Appearance, x: number, y: number): FoundAgain {
  const { width, height, columns, rows } = before;
  const across = Math.max(1, Math.round(reach.across * columns));
  const down = Math.max(1, Math.round(reach.down * rows));
  const [stepX, stepY] = [width / columns, height / rows];
  const [halfWidth, halfHeight] = [width / 2 + across * stepX, height / 2 + down * stepY];
  const field = { columns: columns + 2 * across, rows: rows + 2 * down };
  const around = sampled(brightness, [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], field);
  const places = { columns: 2 * across + 1, rows: 2 * down + 1 };
  const similarities = new Float32Array(places.columns * places.rows).fill(Number.NaN);
  let best = { column: across, row: down, value: Number.NEGATIVE_INFINITY };
  const tryAt = (column: number, row: number): void => {
    const at = row * places.columns + column;
    if (column < 0 || row < 0 || column >= places.columns || row >= places.rows || !Number.isNaN(similarities[at]!))
      return;
    const similarity = correlation(around, row * field.columns + column, field.columns, before);
    similarities[at] = similarity;
    const value = similarity - pull * (((column - across) / across) ** 2 + ((row - down) / down) ** 2);
    if (value > best.value) best = { column, row, value };
  };
  // Every other place, then those beside the best: from one to the next the likeness changes little.
  for (let row = down % 2; row < places.rows; row += 2)
    for (let column = across % 2; column < places.columns; column += 2) tryAt(column, row);
  for (let turn = 0; turn < 2; turn++) {
    const { column, row } = best;
    for (const beside of [-1, 0, 1]) for (const below of [-1, 0, 1]) tryAt(column + beside, row + below);
  }
  const at = best.row * places.columns + best.column;
  const isInside = (place: number, count: number): boolean => place > 0 && place < count - 1;
  const betweenX = isInside(best.column, places.columns) ? peakBetween(similarities, at, 1) : 0;
  const betweenY = isInside(best.row, places.rows) ? peakBetween(similarities, at, places.columns) : 0;
  return {
    x: x + (best.column - across + betweenX) * stepX,
    y: y + (best.row - down + betweenY) * stepY,
    similarity: similarities[at]!,
  };
}

/** Of the looks before with the part of a field that begins here. */
function correlation(
  field: Float32Array,
  first: number,
  fieldColumns: number,
  { columns, rows, samples }: Appearance,
): number {
  let [sum, squares, product] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const from = first + row * fieldColumns;
    for (let column = 0; column < columns; column++) {
      const value = field[from + column]!;
      sum += value;
      squares += value * value;
      product += value * samples[row * columns + column]!;
    }
  }
  const variance = squares - (sum * sum) / samples.length;
  return variance < leastVariance * samples.length ? 0 : product / Math.sqrt(variance);
}

/** Where the highest of three values would be on a parabola through them, -0.5..0.5 from the middle one. */
function peakBetween(values: Float32Array, at: number, step: number): number {
  const [before, middle, after] = [values[at - step]!, values[at]!, values[at + step]!];
  const bend = before - 2 * middle + after;
  // Not to be known where a neighbour wasn't tried.
  return bend < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
}

/**
 * How tall each label usually is where: for places of the picture, by where the feet are, how often which heights were seen. A person who
 * walks away grows smaller with the place of the feet, so that a place says how tall a person there can be.
 */
import type { Box } from '../../geometry/boxes.ts';
import type { SizeJudgement } from './size-judgement.ts';

/** Places across and down, and heights from small to large. */
export const columns = 16;
export const rows = 9;
export const levels = 22;
/** The smallest height, a fraction of the frame's, and the step from one to the next. */
const leastHeight = 0.008;
const heightStep = 1.25;

/** Of one label: how often which height was seen at each place, place after place in rows, its heights one after the other. */
export type HeightCounts = Float32Array;

/** By label. */
export type UsualHeights = Map<string, HeightCounts>;

/** More labels than these aren't learnt: what a camera sees are a handful. */
export const mostLabels = 32;
/** What a place counts at most, before the old counts half: it follows what changes. */
const mostOfPlace = 400;
/** So much must have been seen around a place before it says what is usual; one object counts for a quarter of it at most. */
const enough = 30;
/** How far what was seen at a place reaches, in places: standard deviation, and where it ends. */
const spread = 1;
const reach = 2;
/** What is so many times taller or smaller than usual isn't usual ... */
const mostFactor = 3;
/** ... unless this share of all that was seen there was about as tall: children as well as grown-ups, cars on a bridge and below. */
const seldom = 0.03;
const aboutAsTall = 1.5;
/** Who is cut by the upper or lower edge of the frame is taller than is seen. */
const frameEdge = 0.005;

/** Takes in what was surely seen as a whole: changes `heights`. */
export function learnHeight(heights: UsualHeights, label: string, box: Box): void {
  if (isCutByFrame(box)) return;
  let counts = heights.get(label);
  if (counts === undefined) {
    if (heights.size >= mostLabels) return;
    counts = new Float32Array(columns * rows * levels);
    heights.set(label, counts);
  }
  const at = placeOf(box) * levels;
  counts[at + levelOf(heightOf(box))]! += 1;
  let sum = 0;
  for (let level = 0; level < levels; level++) sum += counts[at + level]!;
  if (sum > mostOfPlace) for (let level = 0; level < levels; level++) counts[at + level]! /= 2;
}

/** @returns undefined where too little was seen to tell */
export function judgeHeight(heights: UsualHeights, label: string, box: Box): SizeJudgement | undefined {
  const counts = heights.get(label);
  if (counts === undefined) return undefined;
  const around = countsAround(counts, box);
  const total = around.reduce((sum, count) => sum + count, 0);
  const height = heightOf(box);
  if (total < enough || height <= 0) return undefined;
  const usualHeight = medianHeight(around, total);
  const isTooTall = height > mostFactor * usualHeight;
  const isTooSmall = height < usualHeight / mostFactor && !isCutByFrame(box);
  const fits = !(isTooTall || isTooSmall) || shareAbout(around, total, height) >= seldom;
  return { height, usualHeight, fits };
}

/** The place of the feet, a position in rows. */
export function placeOf([x1, , x2, y2]: Box): number {
  return rowOf(y2) * columns + columnOf((x1 + x2) / 2);
}

function countsAround(counts: HeightCounts, [x1, , x2, y2]: Box): Float64Array {
  const column = ((x1 + x2) / 2) * columns - 0.5;
  const row = y2 * rows - 0.5;
  const around = new Float64Array(levels);
  for (let y = Math.max(0, Math.ceil(row - reach)); y <= Math.min(rows - 1, row + reach); y++) {
    for (let x = Math.max(0, Math.ceil(column - reach)); x <= Math.min(columns - 1, column + reach); x++) {
      const weight = Math.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * spread ** 2));
      const from = (y * columns + x) * levels;
      for (let level = 0; level < levels; level++) around[level]! += weight * counts[from + level]!;
    }
  }
  return around;
}

function medianHeight(around: Float64Array, total: number): number {
  let below = 0;
  for (let level = 0; level < levels; level++) {
    const count = around[level]!;
    if (2 * (below + count) >= total)
      return leastHeight * heightStep ** (level - 0.5 + (0.5 * total - below) / Math.max(1e-9, count));
    below += count;
  }
  return 1;
}

/** Share of what was seen that was about as tall. */
function shareAbout(around: Float64Array, total: number, height: number): number {
  const exact = Math.log(height / leastHeight) / Math.log(heightStep);
  const far = Math.log(aboutAsTall) / Math.log(heightStep);
  return around.reduce((sum, count, level) => sum + (Math.abs(level - exact) <= far ? count : 0), 0) / total;
}

function heightOf([, y1, , y2]: Box): number {
  return y2 - y1;
}

function isCutByFrame([, y1, , y2]: Box): boolean {
  return y1 <= frameEdge || y2 >= 1 - frameEdge;
}

function levelOf(height: number): number {
  const level = Math.round(Math.log(Math.max(leastHeight, height) / leastHeight) / Math.log(heightStep));
  return Math.min(levels - 1, level);
}

function columnOf(x: number): number {
  return Math.min(columns - 1, Math.max(0, Math.floor(x * columns)));
}

function rowOf(y: number): number {
  return Math.min(rows - 1, Math.max(0, Math.floor(y * rows)));
}

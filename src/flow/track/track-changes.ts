/** What a look, or the lack of one, makes of one track. Pure functions. */
import type { Box } from '../../geometry/boxes.ts';
import { intersectionOverUnion } from '../../geometry/boxes.ts';
import { type BoxFilter, boxOf, rest, speedOf, startFilter } from './box-filter.ts';
import { movesAt } from './looked-at.ts';
import type { BoxedDetection, Track, TrackSettings } from './track.ts';
import type { View } from './views.ts';

/** A look that doesn't show an object stands for at most this long: its place may not have been looked at for a while. */
const mostMissedMs = 500;
/** What moves faster than this, in sizes a second, moves on though the gate sees no motion. */
const restingSpeed = 0.3;
/** A look with such a score is worth two. */
const sureScore = 0.8;
/**
 * What takes less than this share of a region's side is shown by one look in twenty (detectability.ts), and what looks like it is as often
 * something else: on walk.mp4 and cars.mp4 (goby bench far, four calibrations of the default model) a third of the new persons who were shown
 * so small, with a score below 0.7, lay on nothing; of those who were shown larger, one in fifty.
 */
const leastLogShare = Math.log(0.1);
/** With such a score it is believed however small it is. */
const clearScore = 0.6;
/** Confirmation waits about this long. */
const confirmMs = 250;
/** What overlaps its anchor by this much hasn't moved; what was stationary may wobble more. */
const stayingOverlap = 0.65;
const stationaryOverlap = 0.5;
/** Weight of the newest box in the anchor. */
const anchorWeight = 0.1;

/** How many looks must show an object before it counts: about a quarter of a second's, at most 3, and one at a look a second. */
export function hitsNeeded(intervalMs: number): number {
  return Math.max(1, Math.min(3, 1 + Math.round(confirmMs / Math.max(1, intervalMs))));
}

export interface Taking {
  readonly nowMs: number;
  readonly settings: TrackSettings;
  readonly intervalMs: number;
  readonly detection: BoxedDetection;
  /** It has at least the minimum score. */
  readonly isSure: boolean;
  /** How it lay in the regions that were looked at; absent: the whole frame was. */
  readonly views: readonly View[] | undefined;
}

export function begun(key: number, taking: Taking): Track {
  const { nowMs, detection } = taking;
  const { label, box } = detection;
  const track: Track = {
    key,
    label,
    filter: startFilter(detection),
    filterMs: nowMs,
    hits: weightOf(taking),
    views: [],
    leastShare: 1,
    looks: 1,
    misses: 0,
    beganMs: nowMs,
    lookedMs: nowMs,
    confirmed: false,
    unseenMs: 0,
    missingMs: 0,
    detection,
    score: detection.score,
    sureMs: nowMs,
    anchor: { box, sinceMs: nowMs },
    stationary: false,
  };
  return { ...track, confirmed: isConfirmed(track, taking) };
}

export function seen(before: Track, filter: BoxFilter, taking: Taking): Track {
  const { nowMs, settings, detection, isSure } = taking;
  const box = boxOf(filter);
  const stays =
    intersectionOverUnion(box, before.anchor.box) >= (before.stationary ? stationaryOverlap : stayingOverlap);
  const anchor = stays ? { ...before.anchor, box: blend(before.anchor.box, box) } : { box, sinceMs: nowMs };
  const track = {
    ...before,
    filter,
    filterMs: nowMs,
    hits: before.hits + weightOf(taking),
    looks: before.looks + 1,
    lookedMs: nowMs,
    unseenMs: 0,
    missingMs: 0,
    detection,
    score: detection.score,
    sureMs: isSure ? nowMs : before.sureMs,
    anchor,
    stationary: nowMs - anchor.sinceMs >= settings.stationaryAfterMs,
  };
  return { ...track, confirmed: before.confirmed || isConfirmed(track, taking) };
}

/**
 * @param frameMs since the frame before
 * @param proof how much the looks that didn't show it prove, 0..1
 */
export function missed(
  before: Track,
  { nowMs, frameMs, proof }: { readonly nowMs: number; readonly frameMs: number; readonly proof: number },
): Track {
  const sinceMs = Math.min(Math.max(0, nowMs - before.lookedMs), Math.max(mostMissedMs, frameMs));
  return {
    ...before,
    looks: before.looks + 1,
    misses: before.misses + 1,
    lookedMs: nowMs,
    unseenMs: before.unseenMs + sinceMs,
    missingMs: before.missingMs + proof * sinceMs,
    detection: undefined,
  };
}

/** Nobody looked, so it hasn't been missed; where nothing moves it is where it was. */
export function unlooked(
  before: Track,
  { nowMs, box, moving }: { nowMs: number; box: Box; moving: readonly Box[] | undefined },
): Track {
  const isAtRest = moving !== undefined && speedOf(before.filter) < restingSpeed && !movesAt(box, moving);
  if (!isAtRest) return { ...before, detection: undefined };
  return { ...before, detection: undefined, filter: rest(before.filter), filterMs: nowMs };
}

/** What a region's edge cuts proves nothing until a look shows it whole, nor what is doubtful for its size until one shows it larger. */
function weightOf({ detection: { score, cut }, views }: Taking): number {
  const isTooSmall = views?.some(({ shown, logShare }) => shown && logShare >= leastLogShare) === false;
  if (cut !== undefined || (isTooSmall && score < clearScore)) return 0;
  return score >= sureScore ? 2 : 1;
}

/** By the pace of looks at its own place, which may be slower than that of frames. */
function isConfirmed({ hits, beganMs, lookedMs, looks }: Track, { settings, intervalMs }: Taking): boolean {
  const ownIntervalMs = looks > 1 ? (lookedMs - beganMs) / (looks - 1) : intervalMs;
  return hits >= (settings.confirmHits ?? hitsNeeded(Math.max(intervalMs, ownIntervalMs)));
}

/** N of M: what isn't confirmed may miss fewer looks than it needs hits; what is confirmed is held. */
export function isOver(track: Track, settings: TrackSettings, intervalMs: number): boolean {
  if (track.confirmed) return track.unseenMs >= holdOf(track, settings);
  return track.misses >= Math.max(1, settings.confirmHits ?? hitsNeeded(intervalMs));
}

export function holdOf({ stationary, confirmed }: Track, { holdMs, stationaryHoldMs }: TrackSettings): number {
  return confirmed && stationary ? Math.max(holdMs, stationaryHoldMs) : holdMs;
}

function blend(a: Box, b: Box): Box {
  const mix = (at: 0 | 1 | 2 | 3) => a[at] + anchorWeight * (b[at] - a[at]);
  return [mix(0), mix(1), mix(2), mix(3)];
}

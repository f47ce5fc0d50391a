/** Objects across frames: each detection goes to the track it continues, or begins one. Pure functions of time, not of frames. */

import type { Box } from '../../geometry/boxes.ts';
import { intersectionOverUnion } from '../../geometry/boxes.ts';
import type { Detection } from '../interpret/detection.ts';
import { pairByLikelihood, pairByOverlap } from './association.ts';
import { type BoxFilter, boxOf, correct, predict, rest, startFilter } from './box-filter.ts';

export interface TrackSettings {
  /** A track ends when looks don't show it for this long. */
  readonly holdMs: number;
  /** The same for what stood still: a parked car behind a passing one is the same car afterwards. */
  readonly stationaryHoldMs: number;
  /** What doesn't move for this long is stationary. */
  readonly stationaryAfterMs: number;
  /** A track is confirmed by this many looks that show it; absent: by the frame rate, see hitsNeeded(). */
  readonly confirmHits?: number | undefined;
}

/** A detection with a box. */
export type BoxedDetection = Detection & { readonly box: Box };

export interface Track {
  /** Unique among the tracks of one camera. */
  readonly key: number;
  readonly label: string;
  /** As of the last detection. */
  readonly filter: BoxFilter;
  readonly filterMs: number;
  /** What speaks for it: looks that showed it, sure ones twice. */
  readonly hits: number;
  /** Looks since it appeared that didn't show it. */
  readonly misses: number;
  readonly confirmed: boolean;
  /** Time that looks were taken without showing it; 0: the last look showed it. */
  readonly unseenMs: number;
  /** What the last look showed of it, a weak detection among them; absent: nothing. */
  readonly detection?: BoxedDetection | undefined;
  /** Where it began to stay, and since when. */
  readonly anchor: { readonly box: Box; readonly sinceMs: number };
  readonly stationary: boolean;
}

export interface Tracks {
  readonly tracks: readonly Track[];
  readonly nextKey: number;
  readonly lastLookMs: number | undefined;
  /** Smoothed time between looks; 0 before there were two. */
  readonly intervalMs: number;
}

/** What one inference found, at performance.now() ms. */
export interface Look {
  readonly nowMs: number;
  readonly detections: readonly BoxedDetection[];
  /** Below the minimum score: they carry confirmed tracks on, as in ByteTrack (Zhang et al., 2022), and begin none. */
  readonly weak: readonly BoxedDetection[];
  /** A photo, not a frame of a film: nothing in it moved here from where something was before. */
  readonly isPhoto?: boolean;
}

export const noTracks: Tracks = { tracks: [], nextKey: 0, lastLookMs: undefined, intervalMs: 0 };

/** How long a track that isn't seen is still said to be where it should be. */
export const coastMs = 1000;
/** In the second round a detection must overlap the prediction so much. */
const leastOverlap = 0.4;
/** A look with such a score is worth two. */
const sureScore = 0.8;
/** What continues no track but lies on one that was seen is its double. */
const doubleOverlap = 0.7;
/** Confirmation waits about this long. */
const confirmMs = 250;
/** Weight of the newest interval in the smoothed one. */
const intervalWeight = 0.2;
/** What overlaps its anchor by this much hasn't moved; what was stationary may wobble more. */
const stayingOverlap = 0.65;
const stationaryOverlap = 0.5;
/** Weight of the newest box in the anchor. */
const anchorWeight = 0.1;

/** Takes one look. @returns the tracks that go on, and those that have ended with it */
export function look(before: Tracks, now: Look, settings: TrackSettings): { tracks: Tracks; ended: Track[] } {
  const { nowMs, detections, weak, isPhoto = false } = now;
  const passedMs = before.lastLookMs === undefined ? 0 : Math.max(0, nowMs - before.lastLookMs);
  const intervalMs =
    before.intervalMs === 0 ? passedMs : before.intervalMs + intervalWeight * (passedMs - before.intervalMs);
  const predicted = before.tracks.map((track) => predictTo(track, nowMs));
  const next: (Track | undefined)[] = before.tracks.map(() => undefined);
  const taking = { nowMs, settings, intervalMs };
  const taken = new Set<BoxedDetection>();
  const take = (at: number, detection: BoxedDetection): void => {
    taken.add(detection);
    const filter = isPhoto ? rest(startFilter(detection.box)) : correct(predicted[at]!, detection.box);
    next[at] = seen(before.tracks[at]!, filter, { ...taking, detection });
  };
  if (!isPhoto) {
    const expected = before.tracks.map(({ label }, at) => ({ label, filter: predicted[at]! }));
    for (const [at, position] of pairByLikelihood(expected, detections)) take(at, detections[position]!);
  }
  // In photos whoever is of the same kind goes on; in films what moved or changed its shape too suddenly to be likely, and what the detector is unsure of, but is where it should be.
  const lost = before.tracks.flatMap(({ label }, at) =>
    next[at] === undefined ? [{ at, label, box: boxOf(predicted[at]!) }] : [],
  );
  const left = detections.filter((detection) => !taken.has(detection));
  for (const [row, position] of pairByOverlap(lost, left, isPhoto ? 0 : leastOverlap))
    take(lost[row]!.at, left[position]!);
  const stillLost = lost.filter(({ at }) => next[at] === undefined && before.tracks[at]!.confirmed);
  for (const [row, position] of pairByOverlap(stillLost, weak, leastOverlap)) take(stillLost[row]!.at, weak[position]!);

  const kept: Track[] = [];
  const ended: Track[] = [];
  before.tracks.forEach((track, at) => {
    const after = next[at] ?? missed(track, passedMs);
    if (next[at] === undefined && isOver(after, settings, intervalMs)) ended.push(after);
    else kept.push(after);
  });
  let { nextKey } = before;
  for (const detection of detections) {
    if (taken.has(detection) || isDouble(detection, kept)) continue;
    kept.push(begun(nextKey++, { ...taking, detection }));
  }
  return { tracks: { tracks: kept, nextKey, lastLookMs: nowMs, intervalMs }, ended };
}

/** Time passes without a look. @returns the tracks whose next look is overdue as well */
export function wait(before: Tracks, nowMs: number, settings: TrackSettings): { tracks: Tracks; ended: Track[] } {
  const passedMs = before.lastLookMs === undefined ? 0 : Math.max(0, nowMs - before.lastLookMs);
  const isOverdue = (track: Track) =>
    // A camera of one photo every ten seconds is not silent after the hold time: at least two frames must be missing.
    track.unseenMs + passedMs >= Math.max(holdOf(track, settings), 2 * before.intervalMs);
  const ended = before.tracks.filter(isOverdue);
  if (ended.length === 0) return { tracks: before, ended };
  return { tracks: { ...before, tracks: before.tracks.filter((track) => !isOverdue(track)) }, ended };
}

/** Nothing moved in the picture up to this time: nobody looked, what was there is there, and what wasn't seen gets no older. */
export function standStill(before: Tracks, nowMs: number): Tracks {
  if (before.lastLookMs === undefined || nowMs <= before.lastLookMs) return before;
  return {
    ...before,
    lastLookMs: nowMs,
    tracks: before.tracks.map((track) => ({ ...track, filter: rest(track.filter), filterMs: nowMs })),
  };
}

/** Where a track is at this time; not clipped to the frame. */
export function boxAt(track: Track, nowMs: number): Box {
  return boxOf(predictTo(track, nowMs));
}

/** How many looks must show an object before it counts: about a quarter of a second's, at most 3, and one at a look a second. */
export function hitsNeeded(intervalMs: number): number {
  return Math.max(1, Math.min(3, 1 + Math.round(confirmMs / Math.max(1, intervalMs))));
}

function predictTo({ filter, filterMs }: Track, nowMs: number): BoxFilter {
  return predict(filter, Math.max(0, nowMs - filterMs) / 1000);
}

interface Taking {
  readonly nowMs: number;
  readonly settings: TrackSettings;
  readonly intervalMs: number;
  readonly detection: BoxedDetection;
}

function begun(key: number, taking: Taking): Track {
  const { nowMs, detection } = taking;
  const { label, box } = detection;
  const track: Track = {
    key,
    label,
    filter: startFilter(box),
    filterMs: nowMs,
    hits: weightOf(detection),
    misses: 0,
    confirmed: false,
    unseenMs: 0,
    detection,
    anchor: { box, sinceMs: nowMs },
    stationary: false,
  };
  return { ...track, confirmed: isConfirmed(track, taking) };
}

function seen(before: Track, filter: BoxFilter, taking: Taking): Track {
  const { nowMs, settings, detection } = taking;
  const box = boxOf(filter);
  const stays =
    intersectionOverUnion(box, before.anchor.box) >= (before.stationary ? stationaryOverlap : stayingOverlap);
  const anchor = stays ? { ...before.anchor, box: blend(before.anchor.box, box) } : { box, sinceMs: nowMs };
  const track = {
    ...before,
    filter,
    filterMs: nowMs,
    hits: before.hits + weightOf(detection),
    unseenMs: 0,
    detection,
    anchor,
    stationary: nowMs - anchor.sinceMs >= settings.stationaryAfterMs,
  };
  return { ...track, confirmed: before.confirmed || isConfirmed(track, taking) };
}

function missed(before: Track, passedMs: number): Track {
  return { ...before, misses: before.misses + 1, unseenMs: before.unseenMs + passedMs, detection: undefined };
}

function weightOf({ score }: Detection): number {
  return score >= sureScore ? 2 : 1;
}

function isConfirmed({ hits }: Track, { settings, intervalMs }: Taking): boolean {
  return hits >= (settings.confirmHits ?? hitsNeeded(intervalMs));
}

/** N of M: what isn't confirmed may miss fewer looks than it needs hits; what is confirmed is held. */
function isOver(track: Track, settings: TrackSettings, intervalMs: number): boolean {
  if (track.confirmed) return track.unseenMs >= holdOf(track, settings);
  return track.misses >= Math.max(1, settings.confirmHits ?? hitsNeeded(intervalMs));
}

function holdOf({ stationary, confirmed }: Track, { holdMs, stationaryHoldMs }: TrackSettings): number {
  return confirmed && stationary ? Math.max(holdMs, stationaryHoldMs) : holdMs;
}

function isDouble({ label, box }: BoxedDetection, tracks: readonly Track[]): boolean {
  return tracks.some(
    (track) =>
      track.confirmed &&
      track.unseenMs === 0 &&
      track.label === label &&
      intersectionOverUnion(boxOf(track.filter), box) >= doubleOverlap,
  );
}

function blend(a: Box, b: Box): Box {
  const mix = (at: 0 | 1 | 2 | 3) => a[at] + anchorWeight * (b[at] - a[at]);
  return [mix(0), mix(1), mix(2), mix(3)];
}

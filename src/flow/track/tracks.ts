/** Objects across frames: each detection goes to the track it continues, or begins one. Pure functions of time, not of frames. */

import type { Box } from '../../geometry/boxes.ts';
import { intersectionOverUnion } from '../../geometry/boxes.ts';
import type { Detection } from '../interpret/detection.ts';
import { pairByLikelihood, pairByOverlap } from './association.ts';
import { type BoxFilter, boxOf, correct, predict, rest, speedOf, spreadOf, startFilter } from './box-filter.ts';
import { movesAt, wasLookedAt } from './looked-at.ts';
import { type View, viewOf, withViews } from './views.ts';

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
  /** Looks at its place since it appeared, and those that didn't show it. */
  readonly looks: number;
  readonly misses: number;
  readonly beganMs: number;
  /** The last look at its place. */
  readonly lookedMs: number;
  readonly confirmed: boolean;
  /** Time in which looks at its place didn't show it; 0: the last one did. */
  readonly unseenMs: number;
  /** What the last look showed of it, a weak detection among them; absent: nothing. */
  readonly detection?: BoxedDetection | undefined;
  /** The last looks at it, newest first. */
  readonly views: readonly View[];
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
  /** The parts of the frame that were looked at, in fractions; absent: all of it. */
  readonly regions?: readonly Box[] | undefined;
  /** Where something moved since the last frame; absent: nobody knows. */
  readonly moving?: readonly Box[] | undefined;
}

export const noTracks: Tracks = { tracks: [], nextKey: 0, lastLookMs: undefined, intervalMs: 0 };

/** How long a track that isn't seen is still said to be where it should be. */
export const coastMs = 1000;
/** A look that doesn't show an object stands for at most this long: its place may not have been looked at for a while. */
const mostMissedMs = 500;
/** What moves faster than this, in sizes a second, moves on though the gate sees no motion. */
const restingSpeed = 0.3;
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
  const { nowMs, detections, weak, isPhoto = false, regions, moving } = now;
  const passedMs = before.lastLookMs === undefined ? 0 : Math.max(0, nowMs - before.lastLookMs);
  const intervalMs =
    before.intervalMs === 0 ? passedMs : before.intervalMs + intervalWeight * (passedMs - before.intervalMs);
  const predicted = before.tracks.map((track) => predictTo(track, nowMs));
  const next: (Track | undefined)[] = before.tracks.map(() => undefined);
  const taking = { nowMs, settings, intervalMs };
  const taken = new Set<BoxedDetection>();
  const take = (at: number, detection: BoxedDetection): void => {
    taken.add(detection);
    const filter = isPhoto ? rest(startFilter(detection)) : correct(predicted[at]!, detection);
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
    const box = boxOf(predicted[at]!);
    const after =
      next[at] ??
      (wasLookedAt(box, regions) ? missed(track, nowMs, passedMs) : unlooked(track, { nowMs, box, moving }));
    if (next[at] === undefined && isOver(after, settings, intervalMs)) ended.push(after);
    else
      kept.push({
        ...after,
        views: withViews(after.views, viewsAt(after.detection?.box ?? box, after.detection, { regions, nowMs })),
      });
  });
  let { nextKey } = before;
  for (const detection of detections) {
    if (taken.has(detection) || isDouble(detection, kept, nowMs)) continue;
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
    tracks: before.tracks.map((track) => ({ ...track, filter: rest(track.filter), filterMs: nowMs, lookedMs: nowMs })),
  };
}

/** What the tracker expects to be in the frame. */
export interface ExpectedObject {
  readonly label: string;
  /** Where it should be, in fractions of the frame; it may reach out of it. */
  readonly box: Box;
  /** How uncertain that is, standard deviation in sizes of the object. */
  readonly spread: number;
  readonly confirmed: boolean;
  readonly stationary: boolean;
  /** Since the last look at its place. */
  readonly unlookedMs: number;
  /** Time in which looks at its place didn't show it; 0: the last one did. */
  readonly unseenMs: number;
  readonly views: readonly View[];
}

export function expectedAt({ tracks }: Tracks, nowMs: number): ExpectedObject[] {
  return tracks.map((track) => {
    const filter = predictTo(track, nowMs);
    return {
      label: track.label,
      box: boxOf(filter),
      spread: spreadOf(filter),
      confirmed: track.confirmed,
      stationary: track.stationary,
      unlookedMs: nowMs - track.lookedMs,
      unseenMs: track.unseenMs,
      views: track.views,
    };
  });
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
    filter: startFilter(detection),
    filterMs: nowMs,
    hits: weightOf(detection),
    views: [],
    looks: 1,
    misses: 0,
    beganMs: nowMs,
    lookedMs: nowMs,
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
    looks: before.looks + 1,
    lookedMs: nowMs,
    unseenMs: 0,
    detection,
    anchor,
    stationary: nowMs - anchor.sinceMs >= settings.stationaryAfterMs,
  };
  return { ...track, confirmed: before.confirmed || isConfirmed(track, taking) };
}

function viewsAt(
  box: Box,
  detection: Detection | undefined,
  { regions, nowMs }: { regions: readonly Box[] | undefined; nowMs: number },
): View[] {
  return (regions ?? []).flatMap((region, at): View[] => {
    if (!wasLookedAt(box, [region])) return [];
    return [{ ...viewOf(box, region), shown: detection?.seenIn?.includes(at) === true, atMs: nowMs }];
  });
}

/** @param frameMs since the frame before */
function missed(before: Track, nowMs: number, frameMs: number): Track {
  const sinceMs = Math.max(0, nowMs - before.lookedMs);
  return {
    ...before,
    looks: before.looks + 1,
    misses: before.misses + 1,
    lookedMs: nowMs,
    unseenMs: before.unseenMs + Math.min(sinceMs, Math.max(mostMissedMs, frameMs)),
    detection: undefined,
  };
}

/** Nobody looked, so it hasn't been missed; where nothing moves it is where it was. */
function unlooked(
  before: Track,
  { nowMs, box, moving }: { nowMs: number; box: Box; moving: readonly Box[] | undefined },
): Track {
  const isAtRest = moving !== undefined && speedOf(before.filter) < restingSpeed && !movesAt(box, moving);
  if (!isAtRest) return { ...before, detection: undefined };
  return { ...before, detection: undefined, filter: rest(before.filter), filterMs: nowMs };
}

/** What a region's edge cuts proves nothing until a look shows it whole. */
function weightOf({ score, cut }: Detection): number {
  if (cut !== undefined) return 0;
  return score >= sureScore ? 2 : 1;
}

/** By the pace of looks at its own place, which may be slower than that of frames. */
function isConfirmed({ hits, beganMs, lookedMs, looks }: Track, { settings, intervalMs }: Taking): boolean {
  const ownIntervalMs = looks > 1 ? (lookedMs - beganMs) / (looks - 1) : intervalMs;
  return hits >= (settings.confirmHits ?? hitsNeeded(Math.max(intervalMs, ownIntervalMs)));
}

/** N of M: what isn't confirmed may miss fewer looks than it needs hits; what is confirmed is held. */
function isOver(track: Track, settings: TrackSettings, intervalMs: number): boolean {
  if (track.confirmed) return track.unseenMs >= holdOf(track, settings);
  return track.misses >= Math.max(1, settings.confirmHits ?? hitsNeeded(intervalMs));
}

function holdOf({ stationary, confirmed }: Track, { holdMs, stationaryHoldMs }: TrackSettings): number {
  return confirmed && stationary ? Math.max(holdMs, stationaryHoldMs) : holdMs;
}

function isDouble({ label, box }: BoxedDetection, tracks: readonly Track[], nowMs: number): boolean {
  return tracks.some(
    (track) =>
      track.confirmed &&
      track.unseenMs === 0 &&
      track.label === label &&
      intersectionOverUnion(boxAt(track, nowMs), box) >= doubleOverlap,
  );
}

function blend(a: Box, b: Box): Box {
  const mix = (at: 0 | 1 | 2 | 3) => a[at] + anchorWeight * (b[at] - a[at]);
  return [mix(0), mix(1), mix(2), mix(3)];
}

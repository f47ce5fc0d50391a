/** Objects across frames: each detection goes to the track it continues, or begins one. Pure functions of time, not of frames. */
import type { Box } from '../../geometry/boxes.ts';
import { intersectionOverUnion } from '../../geometry/boxes.ts';
import type { Brightness } from '../../geometry/brightness.ts';
import { detectability } from '../../geometry/detectability.ts';
import { leastExtent } from '../../geometry/extent-in.ts';
import type { Detection } from '../interpret/detection.ts';
import { pairByLikelihood, pairByOverlap } from './association.ts';
import { boxOf, correct, rest, startFilter } from './box-filter.ts';
import { anyExtent, type SeenRegion, wasLookedAt } from './looked-at.ts';
import { withAppearance } from './seen-again.ts';
import { type BoxedDetection, boxAt, predictTo, type Track, type TrackSettings } from './track.ts';
import { begun, isOver, missed, seen, unlooked } from './track-changes.ts';
import { type View, viewOf, withViews } from './views.ts';

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
  /** Of other detections as far as looks go, but perhaps their neighbours: they carry tracks on that nothing else does. */
  readonly doubles?: readonly BoxedDetection[];
  /** The frame itself: what no look shows is found again by how it looked. Absent: it is where it is expected. */
  readonly brightness?: Brightness | undefined;
  /** A photo, not a frame of a film: nothing in it moved here from where something was before. */
  readonly isPhoto?: boolean;
  /** The parts of the frame that were looked at; absent: all of it. */
  readonly regions?: readonly SeenRegion[] | undefined;
  /** Width of the frame by its height, in pixels; absent: it is square. */
  readonly frameRatio?: number;
  /** Where something moved since the last frame; absent: nobody knows. */
  readonly moving?: readonly Box[] | undefined;
}

export const noTracks: Tracks = { tracks: [], nextKey: 0, lastLookMs: undefined, intervalMs: 0 };

/** In the second round a detection must overlap the prediction so much. */
const leastOverlap = 0.4;
/** What may be somebody else must overlap it by this much. */
const doubtfulOverlap = 0.5;
/** What continues no track but lies on one that was seen is its double. */
const doubleOverlap = 0.7;
/** A look is to be expected to show what others showed when it took but little more of their regions. */
const roomBelow = 0.9;
/** Weight of the newest interval in the smoothed one. */
const intervalWeight = 0.2;

/** Takes one look. @returns the tracks that go on, and those that have ended with it */
export function look(before: Tracks, now: Look, settings: TrackSettings): { tracks: Tracks; ended: Track[] } {
  const { nowMs, detections, weak, doubles = [], isPhoto = false, regions, moving, frameRatio = 1, brightness } = now;
  const passedMs = before.lastLookMs === undefined ? 0 : Math.max(0, nowMs - before.lastLookMs);
  const intervalMs =
    before.intervalMs === 0 ? passedMs : before.intervalMs + intervalWeight * (passedMs - before.intervalMs);
  const predicted = before.tracks.map((track) => predictTo(track, nowMs));
  const next: (Track | undefined)[] = before.tracks.map(() => undefined);
  const taking = { nowMs, settings, intervalMs };
  /** Each with how it lay in the regions. */
  const taken = new Map<BoxedDetection, View[] | undefined>();
  const viewsOf = (box: Box, detection?: BoxedDetection) =>
    regions && viewsAt(box, detection, { regions, nowMs, frameRatio });
  const take = (at: number, detection: BoxedDetection, isSure = true): void => {
    const views = viewsOf(detection.box, detection);
    taken.set(detection, views);
    const filter = isPhoto ? rest(startFilter(detection)) : correct(predicted[at]!, detection);
    next[at] = seen(before.tracks[at]!, filter, { ...taking, detection, isSure, views });
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
  for (const [unsure, overlap] of [
    [weak, leastOverlap],
    [doubles, doubtfulOverlap],
  ] as const) {
    const stillLost = lost.filter(({ at }) => next[at] === undefined && before.tracks[at]!.confirmed);
    for (const [row, position] of pairByOverlap(stillLost, unsure, overlap))
      take(stillLost[row]!.at, unsure[position]!, false);
  }

  const kept: Track[] = [];
  const ended: Track[] = [];
  before.tracks.forEach((track, at) => {
    const box = boxOf(predicted[at]!);
    const detection = next[at]?.detection;
    const views = (detection === undefined ? viewsOf(box) : taken.get(detection)) ?? [];
    const after =
      next[at] ??
      (wasLookedAt(box, regions, Math.min(leastExtent, roomBelow * track.leastShare))
        ? missed(track, { nowMs, frameMs: passedMs, proof: proofOf(views) })
        : unlooked(track, { nowMs, box, moving }));
    if (next[at] === undefined && isOver(after, settings, intervalMs)) ended.push(after);
    else kept.push(withLooks(withAppearance(after, predicted[at]!, { nowMs, brightness }), views));
  });
  let { nextKey } = before;
  for (const detection of detections) {
    if (taken.has(detection) || isDouble(detection, kept, nowMs)) continue;
    const track = begun(nextKey++, { ...taking, detection, isSure: true, views: viewsOf(detection.box, detection) });
    kept.push(withAppearance(track, track.filter, { nowMs, brightness }));
  }
  return { tracks: { tracks: kept, nextKey, lastLookMs: nowMs, intervalMs }, ended };
}

/** What misses an object in looks that would show it so likely has missed it for certain. */
const surelyShown = 0.75;
/** No look proves less: what is as small as that in a region has been shown by one before, or the look would count for nothing. */
const leastProof = 0.1;

/** A look that seldom shows what is as small as this proves little when it doesn't; without regions each proves what it always did. */
function proofOf(views: readonly View[]): number {
  if (views.length === 0) return 1;
  const unshown = views.reduce((all, { logShare }) => all * (1 - detectability(Math.exp(logShare))), 1);
  return Math.min(1, Math.max(leastProof, (1 - unshown) / surelyShown));
}

function withLooks(track: Track, views: readonly View[]): Track {
  const shares = views.filter(({ shown }) => shown).map(({ logShare }) => Math.exp(logShare));
  return { ...track, views: withViews(track.views, views), leastShare: Math.min(track.leastShare, ...shares) };
}

function viewsAt(
  box: Box,
  detection: Detection | undefined,
  { regions, nowMs, frameRatio }: { regions: readonly SeenRegion[]; nowMs: number; frameRatio: number },
): View[] {
  return regions.flatMap((region, at): View[] => {
    if (!wasLookedAt(box, [region], anyExtent)) return [];
    return [{ ...viewOf(box, region, frameRatio), shown: detection?.seenIn?.includes(at) === true, atMs: nowMs }];
  });
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

/** The event of one tracked object while it is in view: what is known of it, and what of that was told. Pure functions. */

import { area } from '../../geometry/boxes.ts';
import type { Detections } from '../interpret/detection.ts';
import { boxOf } from './box-filter.ts';
import { footOf } from './detection-filter.ts';
import type { BestMoment, EndReason, Event, EventType } from './event.ts';
import { type SizeFilter, sizeOf } from './size-filter.ts';
import type { BoxedDetection, Track } from './track.ts';
import { hasRisen, isUpdateDue } from './update-policy.ts';
import { moveTo, nowhere, type Places, type Whereabouts } from './zone-watch.ts';

/** Time constant of the smoothing of scores: one lucky look in a second counts little. */
const scoreSmoothingMs = 500;
/** A view is better than the best so far from this factor on: else every other frame would be the best one. */
const betterBy = 1.05;

export interface ObjectStay {
  /** As it is now, whether or not that was told. */
  readonly event: Event;
  readonly whereabouts: Whereabouts;
  /** Smoothed, 0..1. */
  readonly score: number;
  readonly bestQuality: number;
  readonly lastSeenMs: number;
  readonly lastSeenWallMs: number;
  /** The event as it was last told; absent: it isn't confirmed yet. */
  readonly told?: Event | undefined;
  readonly toldAtMs: number;
}

/** The first detection of an object: an event in waiting, without an id. */
export function beginStay(track: Track, detections: Detections, places: Places & SizeFilter): ObjectStay {
  const { camera, capturedAtMs, monotonicMs, backend, modelSha256 } = detections;
  const { detection } = track;
  const stay: ObjectStay = {
    event: {
      type: 'new',
      id: '',
      camera,
      label: track.label,
      score: detection?.score ?? 0,
      zones: [],
      enteredZones: [],
      stationary: false,
      crossings: [],
      startMs: capturedAtMs,
      startMonotonicMs: monotonicMs,
      backend,
      modelSha256,
    },
    whereabouts: nowhere,
    score: detection?.score ?? 0,
    bestQuality: 0,
    lastSeenMs: monotonicMs,
    lastSeenWallMs: capturedAtMs,
    toldAtMs: monotonicMs,
  };
  return seeStay(stay, track, { detections, places });
}

/** Takes in what the last look says of an object. */
export function seeStay(
  before: ObjectStay,
  track: Track,
  { detections, places }: { detections: Detections; places: Places & SizeFilter },
): ObjectStay {
  const { detection } = track;
  if (detection === undefined) return before;
  const { capturedAtMs, monotonicMs, backend, modelSha256 } = detections;
  const weight = 1 - Math.exp(-Math.max(0, monotonicMs - before.lastSeenMs) / scoreSmoothingMs);
  const score = before.score + weight * (detection.score - before.score);
  const box = boxOf(track.filter);
  const whereabouts = moveTo(
    before.whereabouts,
    {
      label: track.label,
      foot: footOf(box),
      size: Math.sqrt(area(box)),
      nowMs: monotonicMs,
      atMs: capturedAtMs,
    },
    places,
  );
  const { zones, enteredZones, crossings } = whereabouts;
  const { size: _, ...known } = before.event;
  const size = sizeOf(detection, places);
  return {
    ...before,
    event: {
      ...known,
      score: before.told === undefined ? score : Math.max(before.event.score, score),
      box: detection.box,
      ...regionOf(detection, detections),
      ...(size === undefined ? {} : { size }),
      zones,
      enteredZones,
      crossings,
      stationary: track.stationary,
      ...(detection.estimates === undefined ? {} : { estimates: detection.estimates }),
      backend,
      modelSha256,
    },
    whereabouts,
    score,
    lastSeenMs: monotonicMs,
    // The wall clock may be set back while something stays: an end never lies before its start.
    lastSeenWallMs: Math.max(before.lastSeenWallMs, capturedAtMs),
  };
}

function regionOf({ seenIn }: BoxedDetection, { regions }: Detections): Pick<Event, 'region'> {
  const region = regions?.[seenIn?.[0] ?? -1];
  return region === undefined ? {} : { region };
}

/** What is to be told now of a confirmed object, if anything. @param scoreMarks scores whose crossing is told at once */
export function dueType(
  { event, told, toldAtMs }: ObjectStay,
  nowMs: number,
  scoreMarks: readonly number[],
): EventType | undefined {
  if (told === undefined) return 'new';
  const changed =
    hasRisen(event.score, told.score, scoreMarks) ||
    event.stationary !== told.stationary ||
    (event.size?.counts ?? true) !== (told.size?.counts ?? true) ||
    event.crossings.at(-1) !== told.crossings.at(-1) ||
    event.zones.join('\n') !== told.zones.join('\n') ||
    (!event.stationary && isUpdateDue(nowMs, toldAtMs));
  return changed ? 'update' : undefined;
}

export function tellStay(stay: ObjectStay, event: Event, nowMs: number): ObjectStay {
  return { ...stay, event, told: event, toldAtMs: nowMs };
}

export function endedEvent({ event, lastSeenWallMs, lastSeenMs }: ObjectStay, reason: EndReason): Event {
  return { ...event, type: 'end', endMs: lastSeenWallMs, endMonotonicMs: lastSeenMs, reason };
}

/** Is this frame the best view so far? A large object at a good score beats a small one at a better score. */
export function bestMoment(
  stay: ObjectStay,
  detection: BoxedDetection,
): { stay: ObjectStay; moment: BestMoment } | undefined {
  const { label, score, box } = detection;
  const quality = score * area(box) ** 0.25;
  if (quality <= stay.bestQuality * betterBy) return undefined;
  return { stay: { ...stay, bestQuality: quality }, moment: { id: stay.event.id, label, box, score } };
}

/** Objects as events: each tracked object that is confirmed becomes one event, from new to end. */
import type { Brightness } from '../../geometry/brightness.ts';
import type { Detection, Detections, HeldObject } from '../interpret/detection.ts';
import { counts, type DetectionFilter } from './detection-filter.ts';
import type { BestMoment, EndReason, Event, FollowedBox, Presence, TrackedDetection } from './event.ts';
import { expectedAt } from './expected-objects.ts';
import { beginStay, bestMoment, dueType, endedEvent, type ObjectStay, seeStay, tellStay } from './object-stay.ts';
import { type SizeFilter, splitBySize } from './size-filter.ts';
import { toldObjects } from './told-objects.ts';
import type { BoxedDetection, Track, TrackSettings } from './track.ts';
import type { Tracker, TrackResult } from './tracker.ts';
import { look, noTracks, type Tracks } from './tracks.ts';
import { standStill, wait } from './waiting.ts';
import type { Places } from './zone-watch.ts';

export interface ObjectSettings extends DetectionFilter, SizeFilter, Places, TrackSettings {
  readonly camera: string;
  /** Scores whose crossing is told at once, such as the minimum scores of rules. */
  readonly scoreMarks: readonly number[];
  /** Id for an event that starts at this wall clock; see createEventIds(). */
  readonly newId: (startMs: number) => string;
}

export interface ObjectState {
  readonly tracks: Tracks;
  /** By the key of the track. */
  readonly stays: ReadonlyMap<number, ObjectStay>;
}

export interface ObjectStep extends TrackResult {
  readonly state: ObjectState;
}

export const noObjects: ObjectState = { tracks: noTracks, stays: new Map() };

/** One inference; given the same state, detections and ids it gives the same answer. Detections without a box are left out. */
export function seeObjects(
  state: ObjectState,
  detections: Detections,
  settings: ObjectSettings,
  brightness?: Brightness,
): ObjectStep {
  const { monotonicMs: nowMs } = detections;
  // Photos of a folder are told apart by their file names.
  const isPhoto = detections.origin !== undefined;
  const isFollowed = (detection: Detection): detection is BoxedDetection =>
    detection.box !== undefined && counts(detection, settings, detections);
  const { counted, unusual } = splitBySize(detections.detections.filter(isFollowed), settings);
  const { tracks, ended } = look(
    state.tracks,
    {
      nowMs,
      detections: counted,
      weak: [...unusual, ...(detections.weak ?? []).filter(isFollowed)],
      doubles: (detections.doubles ?? []).filter(isFollowed),
      brightness,
      isPhoto,
      regions: detections.regions,
      moving: detections.moving,
      frameRatio: detections.frameWidthPx / detections.frameHeightPx,
    },
    isPhoto ? { ...settings, confirmHits: settings.confirmHits ?? 1 } : settings,
  );
  const stays = new Map<number, ObjectStay>();
  const events = endsOf(ended, state.stays, 'gone');
  const best: BestMoment[] = [];
  const tracked: TrackedDetection[] = [];
  const followed: FollowedBox[] = [];
  for (const track of tracks.tracks) {
    if (track.detection !== undefined) {
      const { label, score, box } = track.detection;
      followed.push({ track: track.key, label, score, box });
    }
    const before = state.stays.get(track.key);
    let stay =
      before === undefined
        ? beginStay(track, detections, settings)
        : seeStay(before, track, { detections, places: settings });
    if (track.confirmed) {
      const type = dueType(stay, nowMs, settings.scoreMarks);
      if (type !== undefined) {
        const id = type === 'new' ? settings.newId(stay.event.startMs) : stay.event.id;
        stay = tellStay(stay, { ...stay.event, type, id }, nowMs);
        events.push(stay.event);
      }
      if (track.detection !== undefined) {
        const better = bestMoment(stay, track.detection);
        if (better !== undefined) best.push(better.moment);
        stay = better?.stay ?? stay;
        const position = detections.detections.indexOf(track.detection);
        if (position >= 0) tracked.push({ id: stay.event.id, detection: position });
      }
    }
    stays.set(track.key, stay);
  }
  const next = { tracks, stays };
  const presences = changedPresences(state, next, settings.camera);
  return { state: next, events, presences, best, tracked, followed, ...unshown(next, detections, settings) };
}

/** With regions not everything is seen in each frame: what is told all the same, and what isn't told as it was seen. */
function unshown(
  { tracks, stays }: ObjectState,
  { regions, detections, monotonicMs: nowMs }: Detections,
  { minScore }: ObjectSettings,
): Pick<TrackResult, 'held' | 'pieces'> {
  if (regions === undefined) return {};
  const told = toldObjects(tracks, detections, { nowMs, minScore });
  const held = told.flatMap(({ label, box, key }): HeldObject[] => {
    const stay = key === undefined ? undefined : stays.get(key);
    return stay?.told === undefined ? [] : [{ id: stay.event.id, label, score: stay.score, box }];
  });
  const shown = new Set(told.map(({ detection }) => detection));
  const pieces = detections.flatMap((one, at) => (one.box === undefined || shown.has(one) ? [] : [at]));
  return { held, pieces };
}

/** Time passes without an inference. */
export function waitForObjects(state: ObjectState, nowMs: number, settings: ObjectSettings): ObjectStep {
  const { tracks, ended } = wait(state.tracks, nowMs, settings);
  return without(state, { tracks, ended, reason: 'gone', camera: settings.camera });
}

/** Nothing moved: what the last look showed is still there, and an end lies no earlier than this. */
export function keepObjects(state: ObjectState, at: { monotonicMs: number; capturedAtMs: number }): ObjectState {
  const tracks = standStill(state.tracks, at.monotonicMs);
  const seenNow = new Set(tracks.tracks.filter(({ unseenMs }) => unseenMs === 0).map(({ key }) => key));
  const stays = new Map(
    [...state.stays].map(([key, stay]) => [
      key,
      seenNow.has(key) ? { ...stay, lastSeenWallMs: Math.max(stay.lastSeenWallMs, at.capturedAtMs) } : stay,
    ]),
  );
  return { tracks, stays };
}

export function endObjects(state: ObjectState, reason: EndReason, camera: string): ObjectStep {
  return without(state, { tracks: noTracks, ended: state.tracks.tracks, reason, camera });
}

/** @returns the tracker of one camera, for detections that have boxes */
export function createObjectTracker(
  configured: ObjectSettings,
): Tracker<Omit<ObjectSettings, 'camera' | 'scoreMarks' | 'newId' | 'judgeSize'>> {
  let settings = configured;
  let state = noObjects;
  const take = ({ state: next, ...result }: ObjectStep): TrackResult => {
    state = next;
    return result;
  };
  return {
    update: (detections, brightness) => take(seeObjects(state, detections, settings, brightness)),
    tick: (nowMs) => take(waitForObjects(state, nowMs, settings)),
    still: (at) => {
      state = keepObjects(state, at);
    },
    expected: (nowMs) => expectedAt(state.tracks, nowMs),
    end: (reason) => take(endObjects(state, reason, settings.camera)),
    reconfigure: (change) => {
      settings = { ...settings, ...change };
    },
  };
}

interface Parting {
  readonly tracks: Tracks;
  readonly ended: readonly Track[];
  readonly reason: EndReason;
  readonly camera: string;
}

function without(state: ObjectState, { tracks, ended, reason, camera }: Parting): ObjectStep {
  if (ended.length === 0) return { state: { ...state, tracks }, events: [], presences: [], best: [], tracked: [] };
  const stays = new Map(state.stays);
  for (const { key } of ended) stays.delete(key);
  const next = { tracks, stays };
  const events = endsOf(ended, state.stays, reason);
  return { state: next, events, presences: changedPresences(state, next, camera), best: [], tracked: [] };
}

/** What was never told as new has no end either. */
function endsOf(ended: readonly Track[], stays: ReadonlyMap<number, ObjectStay>, reason: EndReason): Event[] {
  return ended.flatMap(({ key }) => {
    const stay = stays.get(key);
    return stay?.told === undefined ? [] : [endedEvent(stay, reason)];
  });
}

function changedPresences(before: ObjectState, after: ObjectState, camera: string): Presence[] {
  const was = openEvents(before);
  const is = openEvents(after);
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((label) => was.get(label) !== is.get(label))
    .map((label) => ({ camera, label, present: is.has(label), count: is.get(label) ?? 0 }));
}

function openEvents({ stays }: ObjectState): Map<string, number> {
  const open = new Map<string, number>();
  for (const { event, told } of stays.values()) {
    if (told !== undefined) open.set(event.label, (open.get(event.label) ?? 0) + 1);
  }
  return open;
}

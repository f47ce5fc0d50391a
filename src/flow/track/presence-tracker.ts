/**
 * Presence per label, for classifications of the whole frame: a label appears, stays, and has gone after a hold time without a
 * detection. Objects with boxes are followed one by one, see object-tracker.ts.
 */
import type { Detection, Detections } from '../interpret/detection.ts';
import type { BestMoment, EndReason, Event, EventType, Presence } from './event.ts';
import type { Tracker, TrackResult } from './tracker.ts';
import { hasRisen, isUpdateDue } from './update-policy.ts';

export interface PresenceSettings {
  readonly camera: string;
  /** Labels to follow; empty: all. */
  readonly labels: readonly string[];
  /** A label has gone after this long without a detection. */
  readonly holdMs: number;
  /** Scores whose crossing is told at once, such as the minimum scores of rules. */
  readonly scoreMarks: readonly number[];
  /** Id for an event that starts at this wall clock; see createEventIds(). */
  readonly newId: (startMs: number) => string;
}

/** One label that is in view. */
interface Stay {
  /** The event as it is now, whether or not that was told. */
  readonly event: Event;
  readonly count: number;
  readonly lastSeenMs: number;
  readonly lastSeenWallMs: number;
  readonly toldScore: number;
  readonly toldAtMs: number;
}

export interface PresenceState {
  readonly stays: ReadonlyMap<string, Stay>;
  readonly lastFrameMs: number | undefined;
  /** Time between the last two frames; 0 before there were two. */
  readonly frameIntervalMs: number;
}

export type PresenceInput =
  | { readonly kind: 'detections'; readonly detections: Detections }
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'still'; readonly monotonicMs: number; readonly capturedAtMs: number }
  | { readonly kind: 'end'; readonly reason: EndReason };

export interface PresenceStep extends TrackResult {
  readonly state: PresenceState;
}

export const emptyPresence: PresenceState = { stays: new Map(), lastFrameMs: undefined, frameIntervalMs: 0 };

/** One step; given the same state, input and ids it gives the same answer. All times but those in events are monotonic. */
export function stepPresence(state: PresenceState, input: PresenceInput, settings: PresenceSettings): PresenceStep {
  switch (input.kind) {
    case 'detections':
      return see(state, input.detections, settings);
    case 'tick': {
      // A camera of one photo every ten seconds is not silent after the hold time: at least two frames must be missing.
      const patienceMs = Math.max(settings.holdMs, 2 * state.frameIntervalMs);
      return endWhere(state, 'gone', (stay) => input.nowMs - stay.lastSeenMs >= patienceMs);
    }
    case 'still':
      return { state: stayed(state, input), events: [], presences: [], best: [], tracked: [] };
    case 'end':
      return { ...endWhere(state, input.reason, () => true), state: emptyPresence };
  }
}

/** @returns the tracker of one camera, for detections that have no box: classifications of the whole frame */
export function createPresenceTracker(
  configured: PresenceSettings,
): Tracker<Pick<PresenceSettings, 'labels' | 'holdMs'>> {
  let settings = configured;
  let state = emptyPresence;
  const step = (input: PresenceInput): TrackResult => {
    const { state: next, ...result } = stepPresence(state, input, settings);
    state = next;
    return result;
  };
  return {
    update: (detections) => step({ kind: 'detections', detections }),
    tick: (nowMs) => step({ kind: 'tick', nowMs }),
    still: (at) => {
      step({ kind: 'still', ...at });
    },
    expected: () => [],
    end: (reason) => step({ kind: 'end', reason }),
    reconfigure: (change) => {
      settings = { ...settings, ...change };
    },
  };
}

/** Nothing moved: what the last look showed is still there, and what it didn't show gets no older. */
function stayed(state: PresenceState, at: { monotonicMs: number; capturedAtMs: number }): PresenceState {
  const { lastFrameMs } = state;
  if (lastFrameMs === undefined || at.monotonicMs <= lastFrameMs) return state;
  const passedMs = at.monotonicMs - lastFrameMs;
  const stays = [...state.stays].map(([label, stay]): [string, Stay] => {
    const lastSeenWallMs =
      stay.lastSeenMs === lastFrameMs ? Math.max(stay.lastSeenWallMs, at.capturedAtMs) : stay.lastSeenWallMs;
    return [label, { ...stay, lastSeenMs: stay.lastSeenMs + passedMs, lastSeenWallMs }];
  });
  return { ...state, stays: new Map(stays), lastFrameMs: at.monotonicMs };
}

interface Seen {
  readonly best: Detection;
  readonly count: number;
}

/** Best detection and number of each label that counts. */
function seenLabels(detections: readonly Detection[], { labels }: PresenceSettings): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  for (const detection of detections) {
    if (detection.box !== undefined) continue;
    if (labels.length > 0 && !labels.includes(detection.label)) continue;
    const before = seen.get(detection.label);
    const best = before === undefined || detection.score > before.best.score ? detection : before.best;
    seen.set(detection.label, { best, count: (before?.count ?? 0) + 1 });
  }
  return seen;
}

function see(state: PresenceState, detections: Detections, settings: PresenceSettings): PresenceStep {
  const { monotonicMs: nowMs } = detections;
  const seen = seenLabels(detections.detections, settings);
  const ended = endWhere(
    state,
    'gone',
    (stay) => !seen.has(stay.event.label) && nowMs - stay.lastSeenMs >= settings.holdMs,
  );
  const stays = new Map(ended.state.stays);
  const events: Event[] = [...ended.events];
  const presences: Presence[] = [...ended.presences];
  const best: BestMoment[] = [];
  for (const [label, { best: detection, count }] of seen) {
    const before = stays.get(label);
    const stay = before === undefined ? begin(detection, detections, settings) : goOn(before, detection, detections);
    const type = before === undefined ? 'new' : isNews(stay, nowMs, settings) ? 'update' : undefined;
    if (type !== undefined) events.push(eventOf(stay, type));
    if (before === undefined || detection.score > before.event.score) best.push(momentOf(stay.event.id, detection));
    if (before?.count !== count) presences.push({ camera: settings.camera, label, present: true, count });
    stays.set(label, type === undefined ? { ...stay, count } : { ...told(stay, nowMs), count });
  }
  const frameIntervalMs = state.lastFrameMs === undefined ? 0 : Math.max(0, nowMs - state.lastFrameMs);
  const tracked = [...seen].map(([label, { best: detection }]) => ({
    id: stays.get(label)!.event.id,
    detection: detections.detections.indexOf(detection),
  }));
  return { state: { stays, lastFrameMs: nowMs, frameIntervalMs }, events, presences, best, tracked };
}

function begin(best: Detection, detections: Detections, { camera, newId }: PresenceSettings): Stay {
  const { capturedAtMs, monotonicMs } = detections;
  return {
    event: {
      type: 'new',
      id: newId(capturedAtMs),
      camera,
      label: best.label,
      zones: [],
      enteredZones: [],
      stationary: false,
      crossings: [],
      startMs: capturedAtMs,
      startMonotonicMs: monotonicMs,
      score: best.score,
      ...lookOf(best, detections),
    },
    count: 0,
    lastSeenMs: monotonicMs,
    lastSeenWallMs: capturedAtMs,
    toldScore: best.score,
    toldAtMs: monotonicMs,
  };
}

function goOn(before: Stay, best: Detection, detections: Detections): Stay {
  const { box: _box, estimates: _estimates, ...lasting } = before.event;
  return {
    ...before,
    event: { ...lasting, score: Math.max(before.event.score, best.score), ...lookOf(best, detections) },
    lastSeenMs: detections.monotonicMs,
    // The wall clock may be set back while something stays: an end never lies before its start.
    lastSeenWallMs: Math.max(before.lastSeenWallMs, detections.capturedAtMs),
  };
}

/** What an event takes from the newest detection. */
function lookOf(best: Detection, { backend, modelSha256 }: Detections) {
  return {
    ...(best.box === undefined ? {} : { box: best.box }),
    ...(best.estimates === undefined ? {} : { estimates: best.estimates }),
    backend,
    modelSha256,
  };
}

function momentOf(id: string, { label, box, score }: Detection): BestMoment {
  return { id, label, score, ...(box === undefined ? {} : { box }) };
}

function isNews({ event, toldScore, toldAtMs }: Stay, nowMs: number, { scoreMarks }: PresenceSettings): boolean {
  return hasRisen(event.score, toldScore, scoreMarks) || isUpdateDue(nowMs, toldAtMs);
}

function told(stay: Stay, nowMs: number): Stay {
  return { ...stay, toldScore: stay.event.score, toldAtMs: nowMs };
}

function eventOf({ event }: Stay, type: EventType): Event {
  return { ...event, type };
}

function endWhere(state: PresenceState, reason: EndReason, hasGone: (stay: Stay) => boolean): PresenceStep {
  const gone = [...state.stays.values()].filter(hasGone);
  if (gone.length === 0) return { state, events: [], presences: [], best: [], tracked: [] };
  const stays = new Map(state.stays);
  for (const { event } of gone) stays.delete(event.label);
  return {
    state: { ...state, stays },
    events: gone.map(({ event, lastSeenWallMs, lastSeenMs }) => ({
      ...event,
      type: 'end',
      endMs: lastSeenWallMs,
      endMonotonicMs: lastSeenMs,
      reason,
    })),
    presences: gone.map(({ event: { camera, label } }) => ({ camera, label, present: false, count: 0 })),
    best: [],
    tracked: [],
  };
}

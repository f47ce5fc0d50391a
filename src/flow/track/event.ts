/** An event: something appeared, is still there, or has gone. The noun that track/ hands on. */

import type { Box } from '../../geometry/boxes.ts';
import type { Backend } from '../../models/model-file.ts';
import type { Estimate, LookedAt } from '../interpret/detection.ts';

/**
 * The life of an event: `new` once, then any number of `update`, then `end` once; each carries all fields as they are then.
 * An update is told when the best score rose noticeably, the zones changed, its size counts or no longer does, it became stationary or moved again, it crossed a
 * line, and every five seconds while it isn't stationary.
 */
export type EventType = 'new' | 'update' | 'end';

/** gone: not seen for the hold time; stopped: the agent stops; camera-lost: no frames; interrupted: no inference. */
export type EndReason = 'gone' | 'stopped' | 'camera-lost' | 'interrupted';

/** Which way a line was crossed; `in` is towards the right-hand side of one who walks from its first to its second point. */
export type CrossingDirection = 'in' | 'out';

export interface LineCrossing {
  /** Name of the line. */
  readonly line: string;
  readonly direction: CrossingDirection;
  /** Wall clock of the frame that showed it on the other side, ms since 1970. */
  readonly atMs: number;
}

/** How tall it is beside what is usual at its place, in fractions of the frame's height. */
export interface EventSize {
  readonly height: number;
  readonly usualHeight: number;
  /** It is of a usual size, or sure enough all the same. */
  readonly counts: boolean;
}

export interface Event {
  readonly type: EventType;
  /** Stays the same from new to end; unique per device: time of the start in base 36, and a counter. */
  readonly id: string;
  readonly camera: string;
  readonly label: string;
  /** Best score so far, 0..1; never falls during an event. */
  readonly score: number;
  /** Where it was last seen. Absent for classifications of the whole frame. */
  readonly box?: Box;
  /** The part of the frame that showed it last, and why it was looked at. Absent: the whole frame was looked at at once. */
  readonly region?: LookedAt;
  /** Of the last look. Absent: the filter usualSize is off for its label, or too little was seen at its place. */
  readonly size?: EventSize;
  /** Zones it is in now, in the order of the configuration. */
  readonly zones: readonly string[];
  /** Every zone it has been in so far, first entered first. */
  readonly enteredZones: readonly string[];
  /** It hasn't moved for a while, such as a parked car. False for classifications of the whole frame. */
  readonly stationary: boolean;
  /** Line crossings so far, oldest first; the newest ones when there were very many. */
  readonly crossings: readonly LineCrossing[];
  readonly estimates?: readonly Estimate[];
  /** Wall clock of the first frame that showed it, ms since 1970. */
  readonly startMs: number;
  /** performance.now() of the same frame: what durations are measured against when the wall clock jumps. */
  readonly startMonotonicMs: number;
  /** Wall clock of the last frame that showed it; on `end` only. */
  readonly endMs?: number;
  /** performance.now() of the same frame. */
  readonly endMonotonicMs?: number;
  /** Why an event ended. */
  readonly reason?: EndReason;
  readonly backend: Backend;
  readonly modelSha256: string;
}

/** The frame at hand is the best view of an event so far: the moment for its snapshot. Only for events that were told as new. */
export interface BestMoment {
  readonly id: string;
  readonly label: string;
  readonly box?: Box;
  /** Of the detection in this frame, 0..1. */
  readonly score: number;
}

/** A detection of the frame at hand that belongs to an event which was told as new and hasn't ended. */
export interface TrackedDetection {
  /** Id of the event. */
  readonly id: string;
  /** Position in Detections.detections. */
  readonly detection: number;
}

/** What a look showed of a track: weak detections and tracks that are not confirmed yet among them. */
export interface FollowedBox {
  /** Key of the track: counts up while a tracker works. */
  readonly track: number;
  readonly label: string;
  readonly score: number;
  readonly box: Box;
}

/** What is in view of a camera now, for one label. */
export interface Presence {
  readonly camera: string;
  readonly label: string;
  readonly present: boolean;
  /** Objects of this label in the last frame that showed any; 0 when not present. */
  readonly count: number;
}

/** An event: something appeared, is still there, or has gone. The noun that track/ hands on. */
import type { Backend } from '../infer/engine.ts';
import type { Box, Estimate } from '../interpret/detection.ts';

export type EventType = 'new' | 'update' | 'end';

/** gone: not seen for the hold time; stopped: the agent stops; camera-lost: no frames; interrupted: no inference. */
export type EndReason = 'gone' | 'stopped' | 'camera-lost' | 'interrupted';

export interface Event {
  readonly type: EventType;
  /** Stays the same from new to end; unique per device: time of the start in base 36, and a counter. */
  readonly id: string;
  readonly camera: string;
  readonly label: string;
  /** Best score so far, 0..1. */
  readonly score: number;
  /** Where it was last seen. */
  readonly box?: Box;
  readonly zones: readonly string[];
  readonly estimates?: readonly Estimate[];
  /** Wall clock of the first frame that showed it, ms since 1970. */
  readonly startMs: number;
  /** Wall clock of the last frame that showed it; on `end` only. */
  readonly endMs?: number;
  /** Why an event ended. */
  readonly reason?: EndReason;
  readonly backend: Backend;
  readonly modelSha256: string;
}

/** What is in view of a camera now, for one label. */
export interface Presence {
  readonly camera: string;
  readonly label: string;
  readonly present: boolean;
  /** Objects of this label in the last frame that showed any; 0 when not present. */
  readonly count: number;
}

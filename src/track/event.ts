/** An event: something appeared, is still there, or has gone. The noun that track/ hands on. */
import type { Backend } from '../infer/engine.ts';
import type { Box, Estimate } from '../interpret/detection.ts';

export type EventType = 'new' | 'update' | 'end';

export interface Event {
  readonly type: EventType;
  /** Stays the same from new to end; unique per device: time of the start in base 36, and a counter. */
  readonly id: string;
  readonly camera: string;
  readonly label: string;
  /** Best score so far, 0..1. */
  readonly score: number;
  readonly box?: Box;
  readonly zones: readonly string[];
  readonly estimates?: readonly Estimate[];
  /** Wall clock, ms since 1970. */
  readonly startMs: number;
  readonly endMs?: number;
  /** Why an event ended. */
  readonly reason?: 'gone' | 'stopped' | 'camera-lost' | 'interrupted';
  readonly backend: Backend;
  readonly modelSha256: string;
}

/** What is in view of a camera now, for one label. */
export interface Presence {
  readonly camera: string;
  readonly label: string;
  readonly present: boolean;
  /** Objects of this label in the last frame, 0 or more. */
  readonly count: number;
}

/** The part of a camera's section about how objects are followed. */
import type { z } from 'zod';
import { durationMs, section, wholeNumber } from './values.ts';

export const trackingSection = section({
  /** Looks that must show an object before it becomes an event. Absent: a quarter of a second's, at most 3; photos: 1. */
  confirmHits: wholeNumber(1, 10, 2).optional(),
  /** An object that hasn't moved for this long is stationary. */
  stationaryAfterMs: durationMs(1000, 3_600_000, 10_000).default(10_000),
  /** A stationary object has gone after this long without a detection: longer than what moves, as it may be hidden. */
  stationaryHoldMs: durationMs(0, 3_600_000, 10_000).default(10_000),
});

export type TrackingConfig = z.output<typeof trackingSection>;

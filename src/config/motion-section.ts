/** The part of a camera's section about the motion gate. */
import type { z } from 'zod';
import { durationMs, oneOf, section } from './values.ts';

export const motionSection = section({
  /** auto: on for cameras that film, off for single photos. */
  gate: oneOf(['auto', 'on', 'off']).default('auto'),
  /** Frames are looked at for this long after the last motion. */
  lingerMs: durationMs(0, 60_000, 1500).default(1500),
  /** A frame is looked at this often though nothing moves. */
  forcedLookMs: durationMs(100, 600_000, 5000).default(5000),
});

export type MotionConfig = z.output<typeof motionSection>;

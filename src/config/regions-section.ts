/** The part of a camera's section about regions: the parts of a frame that are looked at, one or two an inference. */
import type { z } from 'zod';
import { durationMs, oneOf, section, wholeNumber } from './values.ts';

export const regionsSection = section({
  /** auto: detectors look where it matters, within the budget; off: at the whole frame, once. */
  mode: oneOf(['auto', 'off']).default('auto'),
  /** Absent: 4, and 8 on an Edge TPU. Never more than the machine does at five frames a second, or at the camera's rate if that is lower. */
  maxInferencesPerFrame: wholeNumber(1, 32, 4).optional(),
  /** Side of the smallest region, in pixels of the frame. */
  minSidePx: wholeNumber(64, 4096, 160).default(160),
  /** The whole frame is looked at this often, whatever else there is. */
  wholeFrameMs: durationMs(100, 600_000, 3000).default(3000),
});

export type RegionsConfig = z.output<typeof regionsSection>;

/** The part of the schema that describes what people can switch while goby runs. */
import type { z } from 'zod';
import { durationMs, oneOf, section } from './values.ts';

export const controlSection = section({
  /** arming: rules with armedBy wait for it. */
  kind: oneOf(['arming']).default('arming'),
  /** State of the first start; from then on the last one is kept over restarts. */
  initial: oneOf(['on', 'off']).default('on'),
  /** Time to leave the house: switched on, it counts as armed only after this long. */
  delayMs: durationMs(0, 3_600_000, 30_000).default(0),
});

export type ControlConfig = z.output<typeof controlSection>;

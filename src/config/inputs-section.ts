/** The part of the schema that describes buttons and switches on GPIO lines. */
import type { z } from 'zod';
import { durationMs, flag, gpioLine, oneOf, section, slug } from './values.ts';

export const inputSection = section({
  /** auto: the GPIO character device, else simulated on a machine without GPIO. */
  adapter: oneOf(['auto', 'gpiochip', 'simulated']).default('auto'),
  line: gpioLine('GPIO27'),
  /** The resistor inside the chip. */
  pull: oneOf(['up', 'down', 'none']).default('up'),
  /** A button to ground makes the line low when it is pressed. */
  activeLow: flag().default(true),
  /** A level that lasts shorter is a bouncing contact. */
  debounceMs: durationMs(0, 1000, 30).default(30),
  control: slug('the name of a control', 'alarm'),
  /** What a press does; follow: the control is on while it is pressed, as with a key switch. */
  action: oneOf(['toggle', 'on', 'off', 'follow']).default('toggle'),
});

export type InputConfig = z.output<typeof inputSection>;

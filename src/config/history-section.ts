/** The part of the schema about what goby remembers for the page's timeline and tuning. */
import type { z } from 'zod';
import { flag, section, wholeNumber } from './values.ts';

export const historySection = section({
  /** Ended events, and a day of everything that was followed, in the state folder. */
  enabled: flag().default(true),
  /** Older events are deleted. */
  maxAgeDays: wholeNumber(1, 3650, 30).default(30),
  /** Megabytes of events, oldest first out. */
  quotaMb: wholeNumber(1, 100_000, 200).default(200),
});

export type HistoryConfig = z.output<typeof historySection>;

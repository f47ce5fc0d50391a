/** Configuration of publish.outbox: how much of what the broker hasn't taken yet is kept on disk. */
import type { z } from 'zod';
import { durationMs, section, wholeNumber } from './values.ts';

export const outboxSection = section({
  /** Events waiting on disk; beyond it the oldest are dropped and counted. */
  maxBytes: wholeNumber(262_144, 1_073_741_824, 67_108_864).default(67_108_864),
  /** Older events are dropped and counted instead of sent; with MQTT 5 the broker drops them by it too. */
  maxAgeMs: durationMs(60_000, 2_592_000_000, 604_800_000).default(604_800_000),
  /** A power cut costs at most the events of this long; 0: each is on the card before it is sent. */
  syncIntervalMs: durationMs(0, 1000, 500).default(500),
});

export type OutboxConfig = z.output<typeof outboxSection>;

/** The part of the schema that describes snapshots: how they look and how long they are kept. */
import type { z } from 'zod';
import { flag, section, wholeNumber } from './values.ts';

export const snapshotsSection = section({
  enabled: flag().default(true),
  /** Draws the box and the label of what the snapshot is about. */
  boxes: flag().default(true),
  /** JPEG quality. */
  quality: wholeNumber(1, 100, 80).default(80),
  /** Larger pictures are shrunk to it; smaller ones stay as they are. */
  longestSidePx: wholeNumber(64, 4096, 1280).default(1280),
  /** Kept in the state folder, oldest first out; 0: none is kept. */
  quotaMb: wholeNumber(0, 1_000_000, 200).default(200),
  /** Older ones are deleted. */
  maxAgeDays: wholeNumber(1, 3650, 30).default(30),
});

export type SnapshotsConfig = z.output<typeof snapshotsSection>;

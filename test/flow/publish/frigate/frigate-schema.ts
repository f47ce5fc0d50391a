/**
 * Frigate's events as its documentation shows them: https://docs.frigate.video/integrations/mqtt#frigateevents
 * Keys that goby leaves out, because only Frigate can know them, are optional here: motionless_count, position_changes,
 * speeds, path data. Any other key is an error.
 */
import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const pixels = z.tuple([z.int(), z.int(), z.int(), z.int()]);
const zones = z.array(z.string());

const object = z.strictObject({
  id: z.string().regex(/^\d+\.\d{6}-[a-z0-9]+$/),
  camera: z.string(),
  frame_time: z.number(),
  label: z.string(),
  sub_label: z.union([z.null(), z.tuple([z.string(), fraction])]),
  top_score: fraction,
  false_positive: z.boolean(),
  start_time: z.number(),
  end_time: z.number().nullable(),
  score: fraction,
  box: pixels,
  area: z.int().min(0),
  ratio: z.number().min(0),
  region: pixels,
  current_zones: zones,
  entered_zones: zones,
  thumbnail: z.string().nullable(),
  has_snapshot: z.boolean(),
  has_clip: z.boolean(),
  active: z.boolean(),
  stationary: z.boolean(),
  motionless_count: z.int().optional(),
  position_changes: z.int().optional(),
  attributes: z.record(z.string(), fraction),
  current_attributes: z.array(z.object({ label: z.string(), box: pixels, score: fraction })),
  recognized_license_plate: z.string().nullable(),
});

export const frigateEventSchema = z.strictObject({
  type: z.enum(['new', 'update', 'end']),
  before: object,
  after: object,
});

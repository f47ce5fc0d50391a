/** The whole life of an event as it is kept for the timeline: what it was, how its score went, what the rules made of it, and its messages. */
import { z } from 'zod';
import { conditionNames } from '../flow/decide/verdict.ts';

const finite = z.number();
const text = z.string().max(1024);
const value = z.union([text, finite, z.boolean(), z.array(text).max(100)]);

const verdictSchema = z.object({
  rule: text,
  fired: z.boolean(),
  atMs: finite,
  conditions: z
    .array(z.object({ name: z.enum(conditionNames), holds: z.boolean(), wanted: value, seen: value }))
    .max(100),
  actions: z.array(text).max(100),
});

export const eventRecordSchema = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  camera: text,
  label: text,
  /** Best score. */
  score: finite,
  startMs: finite,
  endMs: finite,
  /** Why it ended. */
  reason: text,
  /** Where it was seen last. */
  box: z.tuple([finite, finite, finite, finite]).optional(),
  /** Every zone that it was in, first entered first. */
  zones: z.array(text).max(100),
  crossings: z.array(z.object({ line: text, direction: z.enum(['in', 'out']), atMs: finite })).max(1000),
  estimates: z
    .array(z.looseObject({ name: text }))
    .max(100)
    .optional(),
  backend: text,
  modelSha256: text,
  /** Its score over its life: milliseconds after the start, and the score then. */
  scores: z.array(z.tuple([finite, finite])).max(256),
  /** Where it stood: milliseconds after the start, and the middle of the lower edge of its box, in fractions of the frame. */
  path: z
    .array(z.tuple([finite, finite, finite]))
    .max(256)
    .default([]),
  /** One for each rule. */
  verdicts: z.array(verdictSchema).max(1000),
  /** What went out of it over MQTT; takenMs: when the broker had it, absent while it was under way at the end. */
  messages: z
    .array(
      z.object({ type: z.enum(['new', 'update', 'end']), sequence: finite, atMs: finite, takenMs: finite.optional() }),
    )
    .max(256),
  /** Messages that were left out of the list, when there were very many. */
  furtherMessages: finite,
  /** There is a picture of it. */
  picture: z.boolean(),
});

export type EventRecord = z.output<typeof eventRecordSchema>;

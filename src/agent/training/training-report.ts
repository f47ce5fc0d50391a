/** What is kept of the report that `goby train --json` prints: see workshop/train/report.ts. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseAnswer } from '../children/child-answer.ts';

const text = z.string().max(4096);
const count = z.int().nonnegative();

export const trainingReportSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  architecture: text,
  labels: z.array(text).max(100),
  photos: z.object({ training: count, validation: count, testing: count }),
  perClass: z.array(count).max(100),
  /** Of the written file, on the test photos. */
  quantized: z.object({
    photos: count,
    right: count,
    accuracy: z.number().optional(),
    confusion: z.array(z.array(count).max(100)).max(100),
    mistakes: z
      .array(z.object({ photo: text, truth: count, said: count, score: z.number() }))
      .transform((mistakes) => mistakes.slice(0, 12)),
  }),
  interval: z.object({ low: z.number(), high: z.number() }).optional(),
  seconds: z.number(),
  notes: z.array(text).transform((notes) => notes.slice(0, 20)),
});

export type KeptTrainingReport = z.output<typeof trainingReportSchema>;

/** Undefined for text that is no report. */
export function parseTrainingReport(json: string): KeptTrainingReport | undefined {
  return parseAnswer(trainingReportSchema, json);
}

export async function readTrainingReport(path: string): Promise<KeptTrainingReport | undefined> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  return found === undefined ? undefined : parseTrainingReport(found);
}

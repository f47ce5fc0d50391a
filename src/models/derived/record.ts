/** What is known of one source file and the recipes: whether they change it, and the file that came of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fingerprintOfBytes } from '../../system/files/integrity.ts';
import { putBytes } from '../../system/files/put-file.ts';
import type { Recipe } from './recipe.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const recordSchema = z.object({
  format: z.literal(1),
  /** SHA-256 of the source file. */
  source: sha256,
  /** All that were tried, with their versions. */
  tried: z.array(z.string()),
  applied: z.array(z.object({ recipe: z.string(), version: z.int(), changes: z.array(z.string()) })),
  /** Absent: nothing was applied. */
  file: z.object({ bytes: z.int().positive(), sha256 }).optional(),
});

export type DerivedRecord = z.output<typeof recordSchema>;

/** A record is about a kilobyte. */
const maxRecordBytes = 1 << 20;

export const triedNames = (recipes: readonly Recipe[]): string[] =>
  recipes.map(({ name, version }) => `${name} ${version}`);

/** Name of the files of a source and these recipes, without its ending. */
export function derivedName(source: string, recipes: readonly Recipe[]): string {
  const set = fingerprintOfBytes(Buffer.from(triedNames(recipes).join('\n'))).sha256;
  return `${source}-${set.slice(0, 12)}`;
}

/** Undefined when there is none, or it is damaged or of other recipes. */
export async function readDerivedRecord(
  folder: string,
  source: string,
  recipes: readonly Recipe[],
): Promise<DerivedRecord | undefined> {
  try {
    const text = await readFile(recordPath(folder, source, recipes), 'utf8');
    if (text.length > maxRecordBytes) return undefined;
    const record = recordSchema.parse(JSON.parse(text));
    return record.source === source ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Written behind the file that it is of, so that a record never speaks of a file that isn't there yet. */
export async function writeDerivedRecord(
  folder: string,
  record: Omit<DerivedRecord, 'format' | 'tried'>,
  recipes: readonly Recipe[],
): Promise<void> {
  const whole = { format: 1, ...record, tried: triedNames(recipes) } satisfies DerivedRecord;
  await putBytes(Buffer.from(`${JSON.stringify(whole, undefined, 1)}\n`), recordPath(folder, record.source, recipes));
}

function recordPath(folder: string, source: string, recipes: readonly Recipe[]): string {
  return join(folder, `${derivedName(source, recipes)}.json`);
}

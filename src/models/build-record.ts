/** What a build left beside its file: the hash that pins a model made on this machine. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { fingerprintOf } from '../system/files/integrity.ts';
import { putBytes } from '../system/files/put-file.ts';

const recordSchema = z.object({
  recipe: z.string(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Size and hash of a finished build; undefined when there is no whole record. */
export function readBuildRecord(path: string): { bytes: number; sha256: string } | undefined {
  try {
    const { bytes, sha256 } = recordSchema.parse(JSON.parse(readFileSync(recordPath(path), 'utf8')));
    return { bytes, sha256 };
  } catch {
    return undefined;
  }
}

/** Written last: a file without it is an unfinished build. @returns size and hash of the file */
export async function writeBuildRecord(path: string, recipe: string): Promise<{ bytes: number; sha256: string }> {
  const { bytes, sha256 } = await fingerprintOf(path);
  await putBytes(Buffer.from(`${JSON.stringify({ recipe, bytes, sha256 })}\n`), recordPath(path));
  return { bytes, sha256 };
}

function recordPath(path: string): string {
  return `${path}.built.json`;
}

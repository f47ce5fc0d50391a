/** What a build left beside its file: the hash that pins a model made on this machine. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { fingerprintOf } from '../system/files/integrity.ts';
import { putBytes } from '../system/files/put-file.ts';

const sha256 = () => z.string().regex(/^[0-9a-f]{64}$/);
const recordSchema = z.object({
  recipe: z.string(),
  bytes: z.int().positive(),
  sha256: sha256(),
  pinned: sha256().optional(),
});

export interface BuildRecord {
  readonly bytes: number;
  readonly sha256: string;
  /** What the catalog expected when it was built; absent: it expected no hash, or goby was older than this key. */
  readonly pinned?: string | undefined;
}

/** Undefined: there is no whole record. */
export function readBuildRecord(path: string): BuildRecord | undefined {
  try {
    const { bytes, sha256, pinned } = recordSchema.parse(JSON.parse(readFileSync(recordPath(path), 'utf8')));
    return { bytes, sha256, pinned };
  } catch {
    return undefined;
  }
}

/** Written last: a file without it is an unfinished build. @returns size and hash of the file */
export async function writeBuildRecord(
  path: string,
  { recipe, pinned }: { readonly recipe: string; readonly pinned?: string | undefined },
): Promise<BuildRecord> {
  const { bytes, sha256 } = await fingerprintOf(path);
  await putBytes(Buffer.from(`${JSON.stringify({ recipe, bytes, sha256, pinned })}\n`), recordPath(path));
  return { bytes, sha256, pinned };
}

function recordPath(path: string): string {
  return `${path}.built.json`;
}

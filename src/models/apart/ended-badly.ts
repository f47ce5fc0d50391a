/** Model files whose reading had to be ended, by their content: a start doesn't wait a second time for what can't be read. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isExpected } from '../../errors.ts';
import { fingerprintOf } from '../../system/files/integrity.ts';
import { putBytes } from '../../system/files/put-file.ts';

const recordSchema = z.object({
  /** Newest last. `content`: of all files that were read, and of the limits that were set. */
  files: z.array(
    z.object({ content: z.string().regex(/^[0-9a-f]{64}$/), why: z.string().max(500), at: z.iso.datetime() }),
  ),
});

/** More than anybody tries one after the other; 20 KB. */
const mostFiles = 64;
const maxRecordBytes = 1 << 17;

export class EndedBadly {
  readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, 'models-in-use', 'ended-badly.json');
  }

  /** Why the reading of this content was ended, and when. */
  async find(content: string): Promise<{ why: string; at: string } | undefined> {
    return (await this.#read()).find((file) => file.content === content);
  }

  /** What can't be kept is tried again at the next start: that is all. */
  async add(content: string, why: string): Promise<void> {
    const others = (await this.#read()).filter((file) => file.content !== content);
    const files = [...others, { content, why: why.slice(0, 500), at: new Date().toISOString() }].slice(-mostFiles);
    await putBytes(Buffer.from(`${JSON.stringify({ files }, undefined, 1)}\n`), this.path).catch((error: unknown) => {
      if (!isExpected(error)) throw error;
    });
  }

  async #read(): Promise<z.output<typeof recordSchema>['files']> {
    try {
      const text = await readFile(this.path, 'utf8');
      return text.length > maxRecordBytes ? [] : recordSchema.parse(JSON.parse(text)).files;
    } catch {
      // No record, or a damaged one: as if none had ended badly.
      return [];
    }
  }
}

/**
 * One hash for all files that a reading takes, and for how it is done. Undefined where one can't be read: there is nothing to remember.
 * @param how limits and version: other ones are another trial
 */
export async function contentOf(paths: readonly string[], how: unknown): Promise<string | undefined> {
  const hash = createHash('sha256').update(JSON.stringify(how));
  for (const path of paths) {
    const found = await fingerprintOf(path).catch(() => undefined);
    if (found === undefined) return undefined;
    hash.update(found.sha256);
  }
  return hash.digest('hex');
}

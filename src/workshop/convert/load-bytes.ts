/** Loads a model that is only in memory: the worker reads files. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../flow/infer/engine.ts';
import { writeError } from '../../system/files/put-file.ts';

/** @throws GobyError when the folder for temporary files is full, or the library refuses the model */
export async function loadBytes(engine: Engine, name: string, bytes: Uint8Array): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-convert-'));
  const path = join(folder, `${name}.tflite`);
  try {
    await writeFile(path, bytes).catch((error: unknown) => {
      throw writeError(error, path);
    });
    // Another model may have the same name.
    await engine.unload(name);
    // The worker reads the whole file while loading; it reads it again only when it has to start anew.
    await engine.load({ name, cpu: { path, sha256: createHash('sha256').update(bytes).digest('hex') } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

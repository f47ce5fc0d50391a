/** Files into and out of a FAT image by mtools: no mount, no root. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../guest/run-program.ts';

const env = { ...process.env, MTOOLS_SKIP_CHECK: '1' };

/** Text of a file on the boot partition; undefined where there is none. */
export function readFromBoot(image: string, path: string): Promise<string | undefined> {
  return runProgram('mtype', ['-i', image, `::${path}`], { env }).catch(() => undefined);
}

export async function putOnBoot(image: string, path: string, content: string | { file: string }): Promise<void> {
  if (typeof content !== 'string') {
    await runProgram('mcopy', ['-o', '-i', image, content.file, `::${path}`], { env });
    return;
  }
  const work = await mkdtemp(join(tmpdir(), 'goby-boot-'));
  try {
    const file = join(work, 'file');
    await writeFile(file, content);
    await runProgram('mcopy', ['-o', '-i', image, file, `::${path}`], { env });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

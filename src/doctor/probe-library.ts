/** Asks a native library for its version, in a process of its own. */
import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export type LibraryProbe =
  | { readonly path: string; readonly version: string; readonly has: readonly string[] }
  /** `problem`: the linker's words, or how the process ended. */
  | { readonly problem: string };

const answerSchema = z.object({ version: z.string(), path: z.string(), has: z.array(z.string()) });

export interface ProbeOptions {
  /** Functions that it may have. */
  readonly others?: readonly string[];
  readonly timeoutMs?: number;
}

/** @param versionFunction name of a C function without arguments that returns text. Never rejects. */
export function probeLibrary(
  library: string,
  versionFunction: string,
  { others = [], timeoutMs = 15_000 }: ProbeOptions = {},
): Promise<LibraryProbe> {
  const program = fileURLToPath(new URL(`./library-probe${extname(import.meta.url)}`, import.meta.url));
  const args = [...process.execArgv, program, library, versionFunction, ...others];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) {
        const answer = answerSchema.safeParse(JSON.parse(stdout));
        resolve(answer.success ? answer.data : { problem: `${library} gives no version` });
      } else if (error.killed === true) {
        resolve({ problem: `no answer within ${timeoutMs / 1000} s` });
      } else if (error.signal) {
        resolve({ problem: `loading it ended with ${error.signal}` });
      } else {
        resolve({
          problem:
            /^\w*Error: (?:Failed to load shared library: )?(.*)$/m.exec(stderr)?.[1] ??
            `loading it ended with exit code ${error.code}`,
        });
      }
    });
  });
}

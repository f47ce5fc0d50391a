/** Runs a camera program for a moment to ask it something: its version, or the cameras it sees. */
import { execFile } from 'node:child_process';
import type { Program } from './find-program.ts';
import { programEnvironment } from './machine.ts';

export interface ShortRun {
  /** Everything it wrote, stdout before stderr. */
  readonly output: string;
  readonly succeeded: boolean;
  readonly timedOut: boolean;
}

/** Runs a program that ends by itself; it is killed after `timeoutMs`. Never throws. */
export async function runShortly(
  program: Program,
  args: readonly string[],
  { env, timeoutMs }: { env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<ShortRun> {
  return await new Promise((resolve) => {
    execFile(
      program.path,
      [...args],
      { env: programEnvironment(env), timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 262_144 },
      (error, stdout, stderr) =>
        resolve({ output: `${stdout}\n${stderr}`, succeeded: error === null, timedOut: error?.killed === true }),
    );
  });
}

/** The version in the program's own words, such as `5.1.9-0+deb12u1` or `v1.5.0`; undefined when it tells none. */
export async function programVersion(program: Program, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const isFfmpeg = program.name === 'ffmpeg';
  const { output } = await runShortly(program, [isFfmpeg ? '-version' : '--version'], { env, timeoutMs: 5000 });
  return (isFfmpeg ? /^ffmpeg version (\S+)/m : /^(?:rpicam|libcamera)-apps build: (\S+)/m).exec(output)?.[1];
}

/** 5 for `5.1.9-0+deb12u1`; undefined for builds that are named otherwise, such as N-109469. */
export function majorVersion(version: string | undefined): number | undefined {
  const digits = /^n?(\d+)\./.exec(version ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

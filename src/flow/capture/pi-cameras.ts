/** The cameras that libcamera sees, as `rpicam-hello --list-cameras` tells them. */
import { findProgram, type Program } from './find-program.ts';
import { runShortly } from './short-run.ts';

export interface PiCamera {
  readonly index: number;
  /** The sensor, such as imx219. */
  readonly sensor: string;
  /** Largest mode and place, in the program's words. */
  readonly detail: string;
}

export interface PiCameraList {
  /** The program that was asked; undefined: none is installed. */
  readonly program: Program | undefined;
  readonly cameras: readonly PiCamera[];
  /** Why the list is empty. */
  readonly problem?: string;
}

const listPrograms = ['rpicam-hello', 'rpicam-vid', 'libcamera-hello', 'libcamera-vid'] as const;
const listTimeoutMs = 10_000;

/** Asks once. Never throws. */
export async function listPiCameras(env: NodeJS.ProcessEnv): Promise<PiCameraList> {
  const program = await findProgram(listPrograms, env);
  if (program === undefined) return { program, cameras: [], problem: 'rpicam-apps is not installed' };
  const { output, timedOut, succeeded } = await runShortly(program, ['--list-cameras'], {
    env,
    timeoutMs: listTimeoutMs,
  });
  const cameras = parseCameraList(output);
  if (cameras.length > 0) return { program, cameras };
  const problem = timedOut
    ? `${program.name} --list-cameras gave no answer within ${listTimeoutMs / 1000} s`
    : succeeded || /no cameras available/i.test(output)
      ? `${program.name} lists no camera`
      : `${program.name} --list-cameras failed: ${lastLine(output)}`;
  return { program, cameras, problem };
}

/** Lines such as `0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)`. */
export function parseCameraList(output: string): PiCamera[] {
  return [...output.matchAll(/^(\d+) : (\S+)(?: \[([^\]]*)\])?(?: \((.*)\))?\s*$/gm)].map(
    ([, index, sensor, mode, place]) => ({
      index: Number(index),
      sensor: sensor ?? '',
      detail: [mode, place].filter((part) => part !== undefined).join(', '),
    }),
  );
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}

/** The Pi camera as single photos: one run of rpicam-still, or libcamera-still, for each. */
import { setTimeout as wait } from 'node:timers/promises';
import type { StillsConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { programFailure } from './failure.ts';
import { type Program, requireProgram } from './find-program.ts';
import type { Machine } from './machine.ts';
import { MjpegSplitter, maxJpegBytes } from './mjpeg-splitter.ts';
import { importStillLibrary, type StillLibrary, shootWithLibrary } from './node-libcamera.ts';
import type { ProgramRunner } from './program-runner.ts';
import { evenSize, remainingRotation, stillArguments } from './rpicam-arguments.ts';
import type { Capture, CaptureContext } from './supervised-camera.ts';

export const stillPrograms = ['rpicam-still', 'libcamera-still'] as const;

export interface StillsOptions {
  readonly config: StillsConfig;
  readonly machine: Machine;
  readonly runner: ProgramRunner;
  readonly logger: Logger;
}

interface Shot extends StillsOptions {
  readonly program: Program;
  readonly library: StillLibrary | undefined;
  readonly context: CaptureContext;
  readonly splitter: MjpegSplitter;
}

export function stillsCapture(options: StillsOptions): Capture {
  const { config, machine, logger } = options;
  return async (context) => {
    const program = await requireProgram(stillPrograms, machine.env);
    const library = program.name === 'libcamera-still' ? await importStillLibrary(machine.env, logger) : undefined;
    const { widthPx, heightPx } = evenSize(config);
    context.announce(
      `${program.name}${library === undefined ? '' : ' through node-libcamera'} takes a ${widthPx}x${heightPx} photo each ${config.intervalMs} ms`,
      config.intervalMs,
    );
    const splitter = new MjpegSplitter({
      sink: context.sink,
      rotationDeg: remainingRotation(config.rotationDeg),
      maxFrameBytes: maxJpegBytes(widthPx, heightPx),
    });
    for (let dueMs = performance.now(); ; ) {
      await shoot({ ...options, program, library, context, splitter });
      dueMs = Math.max(dueMs + config.intervalMs, performance.now());
      await wait(dueMs - performance.now(), undefined, { signal: context.signal });
    }
  };
}

/** Takes one photo. @throws UnavailableError when the program fails; a truncated photo is counted, and no failure */
async function shoot(shot: Shot): Promise<void> {
  const { config, machine, runner, program, library, context, splitter } = shot;
  let lengthBytes = 0;
  const onData = (chunk: Buffer): void => {
    lengthBytes += chunk.length;
    splitter.feed(chunk);
  };
  try {
    if (library !== undefined) {
      await shootWithLibrary({ library, config, machine, signal: context.signal, onData });
      return;
    }
    const end = await runner.run({ program, args: stillArguments(config), onData, signal: context.signal });
    if (end.code !== 0) throw await programFailure({ name: program.name, end, machine });
    if (lengthBytes === 0) throw new UnavailableError(`${program.name} gave no photo, and no error either.`);
  } finally {
    splitter.end();
  }
}

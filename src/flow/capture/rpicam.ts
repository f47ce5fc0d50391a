/** The Pi camera as a stream, through rpicam-vid or, where only the old name exists, libcamera-vid. */
import type { RpicamConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import { programFailure } from './failure.ts';
import { type Program, requireProgram } from './find-program.ts';
import type { Machine } from './machine.ts';
import { MjpegSplitter, maxJpegBytes } from './mjpeg-splitter.ts';
import type { ProgramRunner } from './program-runner.ts';
import { evenSize, oneFrameArguments, remainingRotation, videoArguments } from './rpicam-arguments.ts';
import type { Capture, CaptureContext } from './supervised-camera.ts';
import { YuvSplitter } from './yuv-splitter.ts';
import { certainStride, strideOfFrame } from './yuv-stride.ts';

export const videoPrograms = ['rpicam-vid', 'libcamera-vid'] as const;

export function rpicamCapture(config: RpicamConfig, machine: Machine, runner: ProgramRunner): Capture {
  /** Measured once: it depends on the board, not on the attempt. */
  let stride = certainStride(evenSize(config).widthPx);
  return async (context) => {
    const program = await requireProgram(videoPrograms, machine.env);
    const { widthPx, heightPx } = evenSize(config);
    context.announce(
      `${program.name} streams ${widthPx}x${heightPx} ${config.format} at ${config.framesPerSecond} frames a second`,
      1000 / config.framesPerSecond,
      true,
    );
    if (config.format === 'yuv420') stride ??= await measureStride({ config, program, machine, runner, context });
    const splitter = createSplitter(config, context, stride ?? 0);
    try {
      const end = await runner.run({
        program,
        args: videoArguments(config),
        onData: (chunk) => splitter.feed(chunk),
        onLine: (line) => checkSize(line, config),
        signal: context.signal,
      });
      throw await programFailure({ name: program.name, end, machine });
    } finally {
      splitter.end();
    }
  };
}

function createSplitter(config: RpicamConfig, { sink }: CaptureContext, strideBytes: number) {
  const size = evenSize(config);
  const rotationDeg = remainingRotation(config.rotationDeg);
  return config.format === 'mjpeg'
    ? new MjpegSplitter({ sink, rotationDeg, maxFrameBytes: maxJpegBytes(size.widthPx, size.heightPx) })
    : new YuvSplitter(sink, { ...size, strideBytes }, rotationDeg);
}

interface Measurement {
  readonly config: RpicamConfig;
  readonly program: Program;
  readonly machine: Machine;
  readonly runner: ProgramRunner;
  readonly context: CaptureContext;
}

async function measureStride({ config, program, machine, runner, context }: Measurement): Promise<number> {
  let lengthBytes = 0;
  const end = await runner.run({
    program,
    args: oneFrameArguments(config),
    onData: (chunk) => {
      lengthBytes += chunk.length;
    },
    onLine: (line) => checkSize(line, config),
    signal: context.signal,
  });
  if (end.code !== 0 || lengthBytes === 0) throw await programFailure({ name: program.name, end, machine });
  return strideOfFrame(lengthBytes, evenSize(config));
}

/**
 * libcamera logs what it configured, before the first frame. A sensor that can't give the size asked for gets the nearest
 * one, which would put every raw frame out of step.
 */
function checkSize(line: string, config: RpicamConfig): void {
  const given = /configuring streams: \(0\) (\d+)x(\d+)-YUV420/.exec(line);
  if (given === null || config.format !== 'yuv420') return;
  const { widthPx, heightPx } = evenSize(config);
  if (Number(given[1]) === widthPx && Number(given[2]) === heightPx) return;
  throw new UnavailableError(
    `The camera can't give ${widthPx}x${heightPx} and chose ${given[1]}x${given[2]} instead.`,
    { remedy: `Set source.widthPx to ${given[1]} and source.heightPx to ${given[2]}.` },
  );
}

/** Anything that ffmpeg reads as a camera: V4L2 devices, RTSP and HTTP streams, video files. */
import { access, constants } from 'node:fs/promises';
import type { FfmpegConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import { programFailure } from './failure.ts';
import { ffmpegArguments } from './ffmpeg-arguments.ts';
import { type FfmpegInput, kindOf, resolveInput } from './ffmpeg-input.ts';
import { type Program, requireProgram } from './find-program.ts';
import { resolveCamera } from './http/http-camera.ts';
import { captureHttp } from './http/http-capture.ts';
import type { Machine } from './machine.ts';
import type { ProgramRunner } from './program-runner.ts';
import { majorVersion, programVersion } from './short-run.ts';
import type { Capture, CaptureContext } from './supervised-camera.ts';
import { type ChosenFormat, chooseV4l2Format, listV4l2Formats } from './v4l2-formats.ts';
import { Y4mSplitter } from './y4m-splitter.ts';

export function ffmpegCapture(config: FfmpegConfig, machine: Machine, runner: ProgramRunner): Capture {
  return async (context) => {
    if (mayBePictures(config.input)) await capturePictures(config, context);
    const program = await requireProgram(['ffmpeg'], machine.env);
    const major = majorVersion(await programVersion(program, machine.env));
    const input = await resolveInput(config, major);
    await checkPresence(config, input, machine);
    const format = input.kind === 'device' ? await formatOf(config, program, machine) : undefined;
    const as = format === undefined ? '' : ` (${format.name}, ${format.size.widthPx}x${format.size.heightPx})`;
    context.announce(
      `ffmpeg streams ${input.shown}${as} at up to ${config.widthPx}x${config.heightPx} and ${config.framesPerSecond} frames a second`,
      1000 / config.framesPerSecond,
      input.kind === 'device',
    );
    const splitter = new Y4mSplitter(context.sink, config.rotationDeg);
    try {
      const end = await runner.run({
        program,
        args: ffmpegArguments(config, input, major, format),
        onData: (chunk) => splitter.feed(chunk),
        ...(input.privateInput === undefined ? {} : { privateInput: input.privateInput }),
        secrets: input.secrets,
        signal: context.signal,
      });
      // A file comes to its end; a camera shouldn't.
      if (input.kind === 'file' && end.code === 0 && !config.loop) return;
      throw await programFailure({
        name: `ffmpeg, reading ${input.shown},`,
        end,
        machine,
        ...(input.kind === 'device' ? { device: config.input } : {}),
      });
    } finally {
      splitter.end();
    }
  };
}

/** Playlists and files are ffmpeg's for certain: they aren't asked for twice. */
function mayBePictures(input: string): boolean {
  return kindOf(input) === 'http' && !/\.(m3u8?|mpd|mp4|m4v|mkv|webm|mov|flv|ts|avi)([?#]|$)/i.test(input);
}

/** Shows MJPEG and single pictures without ffmpeg. Returns when the address leads to something else. */
async function capturePictures(config: FfmpegConfig, context: CaptureContext): Promise<void> {
  const { framesPerSecond, rotationDeg } = config;
  const intervalMs = Math.max(shortestIntervalMs, 1000 / framesPerSecond);
  await captureHttp({ ...(await resolveCamera(config)), rotationDeg, framesPerSecond, intervalMs }, context);
}

/** Of pictures that are asked for one by one where a stream was expected; a source of type snapshot sets its own. */
const shortestIntervalMs = 1000;

/** @throws UnavailableError when the device lists formats, and the configured one isn't among them */
async function formatOf(config: FfmpegConfig, ffmpeg: Program, machine: Machine): Promise<ChosenFormat | undefined> {
  const formats = await listV4l2Formats(ffmpeg, config.input, machine.env);
  const format = chooseV4l2Format(formats, config);
  if (format !== undefined || formats.length === 0 || config.inputFormat === undefined) return format;
  const names = formats.map(({ name }) => name).join(', ');
  throw new UnavailableError(`The camera ${config.input} doesn't give ${config.inputFormat}; it gives ${names}.`, {
    remedy: 'Set source.inputFormat to one of these, or leave it out: goby then chooses.',
  });
}

/** Says what is missing or forbidden in words of its own, before ffmpeg does in its. */
async function checkPresence(config: FfmpegConfig, { kind }: FfmpegInput, { roots }: Machine): Promise<void> {
  if (kind !== 'device' && kind !== 'file') return;
  const what = kind === 'device' ? 'camera device' : 'video file';
  try {
    await access(config.input.replace(/^\/dev(?=\/)/, roots.dev), constants.R_OK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') {
      throw new UnavailableError(`There is no ${what} ${config.input}.`, {
        remedy:
          kind === 'device' ? 'Plug the camera in; goby doctor lists the devices there are.' : 'Check source.input.',
        cause,
      });
    }
    throw new UnavailableError(`This user may not read the ${what} ${config.input}.`, {
      remedy:
        kind === 'device'
          ? 'Add the user to the group video: sudo usermod -aG video $USER, then log in again.'
          : `Make it readable: chmod a+r ${config.input}`,
      cause,
    });
  }
}

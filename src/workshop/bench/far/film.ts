/** Bench: the frames of a film through ffmpeg, one after the other, in the form that goby's own ffmpeg source gives them. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { InputError } from '../../../errors.ts';
import { requireProgram } from '../../../flow/capture/find-program.ts';
import type { Frame } from '../../../flow/capture/frame.ts';

export interface FilmOptions {
  readonly file: string;
  /** Frames a second to take; a film with fewer gives those it has. */
  readonly framesPerSecond: number;
  /** Frames at most. */
  readonly count: number;
}

/**
 * Frames in order; the bytes of one are valid until the next is asked for. Times are those of the film, from 0 on.
 * @throws UnavailableError without ffmpeg; InputError when it can't read the file
 */
export async function* filmFrames({ file, framesPerSecond, count }: FilmOptions): AsyncGenerator<Frame> {
  const program = await requireProgram(['ffmpeg'], process.env);
  const child = spawn(
    program.path,
    [
      ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-i', `file:${file}`, '-map', '0:v:0'],
      ...['-vf', `fps=${framesPerSecond},scale=out_range=pc:out_color_matrix=bt601:flags=accurate_rnd`],
      ...['-frames:v', `${count}`, '-pix_fmt', 'yuv420p', '-f', 'yuv4mpegpipe', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500);
  });
  try {
    const read = reader(child.stdout);
    const header = (await read.line()) ?? '';
    const widthPx = Number(/ W(\d+)/.exec(header)?.[1]);
    const heightPx = Number(/ H(\d+)/.exec(header)?.[1]);
    if (!(widthPx > 0 && heightPx > 0)) {
      throw new InputError(`${file} can't be read as a film: ${complaint.trim() || 'it has no pictures'}.`);
    }
    for (let at = 0; (await read.line()) !== undefined; at++) {
      const bytes = await read.bytes((widthPx * heightPx * 3) / 2);
      if (bytes === undefined) return;
      yield {
        camera: basename(file),
        sequence: at + 1,
        capturedAtMs: Math.round((at * 1000) / framesPerSecond),
        monotonicMs: (at * 1000) / framesPerSecond,
        format: 'yuv420',
        widthPx,
        heightPx,
        rotationDeg: 0,
        strideBytes: widthPx,
        bytes,
        retain: () => undefined,
        release: () => undefined,
      };
    }
  } finally {
    child.kill('SIGKILL');
  }
}

/** Lines and blocks of bytes from a stream; undefined at its end. */
function reader(stream: NodeJS.ReadableStream) {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const { value, done } = await chunks.next();
    if (done === true) return false;
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    return true;
  };
  return {
    line: async (): Promise<string | undefined> => {
      let end = rest.indexOf(10);
      while (end < 0) {
        if (!(await more())) return undefined;
        end = rest.indexOf(10);
      }
      const text = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + 1);
      return text;
    },
    bytes: async (length: number): Promise<Buffer | undefined> => {
      const whole = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        if (rest.length === 0 && !(await more())) return undefined;
        const taken = Math.min(rest.length, length - filled);
        rest.copy(whole, filled, 0, taken);
        filled += taken;
        rest = rest.subarray(taken);
      }
      return whole;
    },
  };
}

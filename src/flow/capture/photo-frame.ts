/** A photo from a file as a frame, for commands that take photos where the agent takes a camera. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InputError, sentence } from '../../errors.ts';
import { countedFrame } from './counted-frame.ts';
import type { Frame } from './frame.ts';
import { openPicture } from './open-picture.ts';

/**
 * Any picture that goby reads, made upright, as a JPEG frame.
 * @throws InputError that names the file
 */
export async function photoFrame(file: string, sequence: number): Promise<Frame> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InputError(`${file} can't be read: ${missing ? 'there is no such file' : sentence(cause)}.`, { cause });
  }
  try {
    const { data, info } = await openPicture(bytes)
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer({ resolveWithObject: true });
    return countedFrame({
      camera: 'photo',
      sequence,
      capturedAtMs: Date.now(),
      monotonicMs: performance.now(),
      format: 'jpeg',
      widthPx: info.width,
      heightPx: info.height,
      rotationDeg: 0,
      strideBytes: 0,
      bytes: data,
      origin: basename(file),
    });
  } catch (cause) {
    if (cause instanceof InputError) throw new InputError(`${file} ${sentence(cause)}.`, { cause });
    throw new InputError(`${file} is not a picture that can be decoded: ${sentence(cause)}.`, { cause });
  }
}

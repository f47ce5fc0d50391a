/** What `goby train` leaves beside a model: photos that it was validated on, and how many of them it knew. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { z } from 'zod';
import { InputError, sentence } from '../errors.ts';
import { putBytes } from '../system/files/put-file.ts';

const validationSchema = z.object({
  /** Of the .tflite file that was validated. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Share of the photos that it knew, 0..1. */
  accuracy: z.number().min(0).max(1),
  /** Paths are taken from the folder of the record. */
  photos: z.array(z.object({ file: z.string().min(1), label: z.string().min(1) })),
});

export interface Validation {
  readonly sha256: string;
  readonly accuracy: number;
  readonly photos: readonly { readonly file: string; readonly label: string }[];
}

/** Where the record of a model lies: beside it. */
export function validationPath(modelPath: string): string {
  return modelPath.replace(/(\.tflite)?$/, '.validation.json');
}

/**
 * The record of a model, with absolute paths; undefined when there is none.
 * @throws InputError when it can't be read
 */
export async function readValidation(modelPath: string): Promise<Validation | undefined> {
  const path = validationPath(modelPath);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new InputError(`The validation record ${path} can't be read: ${sentence(error)}.`, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    const { photos, ...rest } = validationSchema.parse(JSON.parse(text));
    return { ...rest, photos: photos.map(({ file, label }) => ({ file: resolve(dirname(path), file), label })) };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : sentence(error);
    throw new InputError(`The validation record ${path} is damaged: ${reason}.`, {
      remedy: 'Train again, or remove it: the model is then held to a golden inference only.',
      cause: error,
    });
  }
}

/** Leaves the record of a model beside it. */
export async function writeValidation(
  modelPath: string,
  bytes: Uint8Array,
  tried: { readonly photos: readonly { readonly file: string; readonly className: string }[]; readonly right: number },
): Promise<void> {
  const path = validationPath(resolve(modelPath));
  const record: z.input<typeof validationSchema> = {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    accuracy: tried.photos.length === 0 ? 0 : tried.right / tried.photos.length,
    photos: tried.photos.map(({ file, className }) => ({
      file: relative(dirname(path), resolve(file)),
      label: className,
    })),
  };
  await putBytes(Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`), path);
}

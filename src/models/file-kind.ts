/** What a file is that was given as a model and is none: by its first bytes, with what helps. */
import { InputError } from '../errors.ts';

interface Kind {
  readonly matches: (head: Buffer) => boolean;
  /** The end of a sentence that starts with the file. */
  readonly what: string;
  readonly remedy: string;
  /** Of a kind that goby convert takes. */
  readonly isModel?: boolean;
}

const starts =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString('latin1', at, at + text.length) === text;

const kinds: readonly Kind[] = [
  {
    matches: starts('version https://git-lfs.github.com/spec/'),
    what: 'is a Git LFS pointer, not the model itself: the repository was fetched without its large files',
    remedy: 'Fetch them with: git lfs pull; or download the file from the web page of the repository.',
  },
  {
    matches: (head) => /^\s*(<!doctype|<html|<\?xml)/i.test(head.toString('latin1', 0, 200)),
    what: 'is a web page, not a model: the address leads to the page of the file, or to a login',
    remedy: 'Download the file itself (on GitHub: the raw file).',
  },
  {
    matches: starts('\x89HDF'),
    isModel: true,
    what: 'is a Keras model (HDF5)',
    remedy: 'Convert it: goby convert FILE --output model.tflite.',
  },
  {
    matches: starts('\x7fELF'),
    what: 'is a program for Linux (an .eim of Edge Impulse is one)',
    remedy: 'Export the model as a TensorFlow Lite file (int8 quantized) instead.',
  },
  {
    matches: starts('\x1f\x8b'),
    what: 'is a packed archive (gzip)',
    remedy: 'Unpack it first, and name the .tflite file inside.',
  },
  {
    matches: starts('PK\x03\x04'),
    isModel: true,
    what: 'is a zip archive',
    remedy: 'Name the archive with its ending .zip, or the .tflite file inside.',
  },
  {
    matches: (head) =>
      head.toString('latin1', 0, 64).includes('pytorch') || (starts('\x08')(head) && head.includes('onnx')),
    what: 'is an ONNX model',
    remedy: 'Export it as TensorFlow Lite: yolo export format=tflite, or onnx2tf.',
  },
  {
    matches: starts('{'),
    isModel: true,
    what: 'is JSON, perhaps a TensorFlow.js model',
    remedy: 'Convert it: goby convert FILE --output model.tflite.',
  },
];

const identifier = 'TFL3';
/** Bytes that are looked at. */
const headBytes = 512;

/** What a file is that is no model of any kind: a pointer, a web page, a program. @throws InputError that says it */
export function checkFetched(bytes: Uint8Array, path: string): void {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headBytes));
  const kind = kinds.find(({ matches, isModel }) => isModel !== true && matches(head));
  if (kind !== undefined) throw new InputError(`${path} ${kind.what}.`, { remedy: kind.remedy });
}

/**
 * @param role what names the file in a message: a configuration key, or the model's name
 * @throws InputError that says what the bytes are, where they are no .tflite
 */
export function checkTflite(bytes: Uint8Array, path: string, role: string): void {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headBytes));
  if (head.toString('latin1', 4, 8) === identifier) return;
  const kind = kinds.find(({ matches }) => matches(head));
  if (kind !== undefined) throw new InputError(`${role}: ${path} ${kind.what}.`, { remedy: kind.remedy });
  if (head.every((byte) => byte === 0)) {
    throw new InputError(
      `${role}: ${path} is ${bytes.length === 0 ? 'empty' : 'all zeros'}: it was not written to its end.`,
      {
        remedy: 'Copy or download it again.',
      },
    );
  }
  throw new InputError(`${role}: ${path} is not a TensorFlow Lite model: the mark TFL3 is missing at its start.`, {
    remedy: 'Expected is a .tflite file.',
  });
}

/** Reads HDF5 files, which Keras keeps its weights in. */
import { InputError } from '../../../errors.ts';
import type { TensorValue } from '../graph-def.ts';

export interface Hdf5Group {
  readonly keys: readonly string[];
  /** As text; undefined where there is no such attribute, or it is none. */
  text(attribute: string): string | undefined;
  group(key: string): Hdf5Group | undefined;
  /** Undefined where there is no dataset of numbers of that name. */
  numbers(key: string): TensorValue | undefined;
}

type Library = typeof import('jsfive');

/** @throws InputError when it is no HDF5 file, or damaged */
export async function openHdf5(bytes: Uint8Array, source: string): Promise<Hdf5Group> {
  const library = await import('jsfive');
  const damaged = (cause: unknown) =>
    new InputError(`${source} can't be read as HDF5: it is cut off or damaged.`, {
      remedy: 'Fetch or save it again.',
      cause,
    });
  const readable = <Result>(read: () => Result): Result => {
    try {
      return read();
    } catch (cause) {
      throw damaged(cause);
    }
  };
  // A copy of its own: the library reads from the start of a buffer.
  const own = new Uint8Array(bytes).buffer;
  return wrapped(
    library,
    readable(() => new library.File(own, source)),
    readable,
  );
}

type Readable = <Result>(read: () => Result) => Result;

function wrapped(library: Library, group: InstanceType<Library['Group']>, readable: Readable): Hdf5Group {
  const keys = readable(() => [...group.keys]);
  const get = (key: string) => (keys.includes(key) ? readable(() => group.get(key)) : undefined);
  return {
    keys,
    text: (attribute) => {
      const value = readable(() => group.attrs[attribute]);
      return typeof value === 'string' ? value : undefined;
    },
    group: (key) => {
      const found = get(key);
      return found instanceof library.Group ? wrapped(library, found, readable) : undefined;
    },
    numbers: (key) => {
      const found = get(key);
      if (!(found instanceof library.Dataset)) return undefined;
      const value = readable(() => found.value);
      if (value === undefined || typeof value === 'string') return undefined;
      const listed = typeof value === 'object' ? value : [value];
      return { shape: readable(() => [...found.shape]), data: Float32Array.from(listed, Number) };
    },
  };
}

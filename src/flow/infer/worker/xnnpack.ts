/**
 * The XNNPACK delegate for every build of the library. Its options have grown from version to version, with their flags at another
 * place since 2.16 (tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h): the number of threads alone has always come first.
 */
import type { Delegate } from './interpreter.ts';
import type { Pointer, TfLiteLibrary, XnnpackFunctions } from './library.ts';

/**
 * Kernels for signed 8-bit data, off by default in 2.9. The flag for unsigned ones, 2, is left alone: XNNPACK in that library was built
 * without such kernels, and the delegate, which doesn't know, fails as a whole. Later builds have them on by themselves.
 */
const signed8 = 1;

/** Up to 2.15 the flags follow the number of threads; then flags of the runtime came between. */
const flagPlaces = [4, 8] as const;
/** All of the options of 2.9: threads, flags and words that stay zero. */
const oldOptionBytes = 64;

/** Undefined: this build has no XNNPACK. */
export function createXnnpack({ xnnpack }: TfLiteLibrary, threads: number): Delegate | undefined {
  if (xnnpack === undefined) return undefined;
  const pointer = xnnpack.defaults === undefined ? withOldOptions(xnnpack, threads) : withDefaults(xnnpack, threads);
  return pointer === null ? undefined : { backend: 'xnnpack', pointer };
}

function withOldOptions({ create }: XnnpackFunctions, threads: number): Pointer | null {
  const options = Buffer.alloc(oldOptionBytes);
  options.writeInt32LE(threads, 0);
  options.writeUInt32LE(signed8, flagPlaces[0]);
  return create(options);
}

/**
 * The library's own defaults with our number of threads. Where the delegate can be asked for its flags and lacks the 8-bit one, it is
 * put to each place in turn until it has it; what can't be asked is left as the library wants it.
 */
function withDefaults({ create, delete: release, flags, defaults }: XnnpackFunctions, threads: number): Pointer | null {
  const attempt = (place: number | undefined): Pointer | null => {
    const options = Buffer.from(defaults!());
    options.writeInt32LE(threads, 0);
    if (place !== undefined) options.writeUInt32LE((options.readUInt32LE(place) | signed8) >>> 0, place);
    return create(options);
  };
  const plain = attempt(undefined);
  if (plain === null || flags === undefined || (flags(plain) & signed8) !== 0) return plain;
  for (const place of flagPlaces) {
    const delegate = attempt(place);
    if (delegate === null) continue;
    if ((flags(delegate) & signed8) !== 0) {
      release(plain);
      return delegate;
    }
    release(delegate);
  }
  return plain;
}

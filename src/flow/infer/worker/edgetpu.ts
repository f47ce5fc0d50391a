/** The Edge TPU delegate through libedgetpu's C entry points. Loaded in the worker process only. */
import koffi from 'koffi';
import { UnavailableError } from '../../../errors.ts';
import type { Delegate } from './interpreter.ts';
import type { Pointer } from './library.ts';

/** Makes a delegate for the first Edge TPU. edgetpu_c.h: list_devices gives {type, path} records, create_delegate takes type and path. */
export function createEdgetpu(path = 'libedgetpu.so.1'): Delegate {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(path);
  } catch (cause) {
    throw new UnavailableError(`The Edge TPU library ${path} can't be loaded: ${(cause as Error).message}.`, {
      remedy: 'Install libedgetpu1-std.',
      cause,
    });
  }
  const listDevices = library.func('edgetpu_list_devices', 'void *', [koffi.out(koffi.pointer('size_t'))]);
  const freeDevices = library.func('edgetpu_free_devices', 'void', ['void *']);
  const createDelegate = library.func('edgetpu_create_delegate', 'void *', ['int', 'str', 'void *', 'size_t']);
  const count = [0];
  const devices: Pointer = listDevices(count);
  if (devices !== null) freeDevices(devices);
  if (Number(count[0]) === 0) {
    throw new UnavailableError('libedgetpu finds no Edge TPU.', {
      remedy: 'Plug it in again; check its cable and power.',
    });
  }
  // Apex USB or PCI: null as path takes the first of the type.
  for (const type of [1, 0]) {
    const pointer: Pointer = createDelegate(type, null, null, 0);
    if (pointer !== null) return { backend: 'edgetpu', pointer };
  }
  throw new UnavailableError('The Edge TPU can not be opened.', {
    remedy: 'Another program may hold it; the udev rules must give it to this user.',
  });
}

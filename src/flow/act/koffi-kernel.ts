/** The real kernel, reached through libc's ioctl and poll with koffi; koffi is loaded with the first use. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import type { GpioKernel } from './gpio-kernel.ts';

/** `files` is an array of struct pollfd, 8 bytes each: descriptor, wanted events, what came of it. */
type Poll = (files: Uint8Array, count: number, timeoutMs: number) => number;
type Ioctl = (fd: number, request: number, type: 'void *', buffer: Uint8Array) => number;

interface Libc {
  readonly ioctl: Ioctl;
  readonly poll: Poll;
  readonly errno: () => number;
}

/** POLLIN of poll(2). */
const pollIn = 1;

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded === undefined) {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const library = koffi.load(null);
    loaded = {
      ioctl: library.func('int ioctl(int fd, unsigned long request, ...)') as Ioctl,
      poll: library.func('int poll(void *files, unsigned long count, int timeoutMs)') as Poll,
      errno: () => koffi.errno(),
    };
  }
  return loaded;
}

/** @param devRoot folder of the device files */
export function createKoffiKernel(devRoot = '/dev'): GpioKernel {
  return {
    chips: () =>
      readdirSync(devRoot)
        .filter((name) => /^gpiochip\d+$/.test(name))
        .sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)))
        .map((name) => join(devRoot, name)),
    open: (path) => openSync(path, 'r+'),
    ioctl: (fd, request, buffer) => {
      const { ioctl, errno } = libc();
      if (ioctl(fd, request, 'void *', buffer) >= 0) return;
      const code = getSystemErrorName(-errno());
      throw Object.assign(new Error(`${code}: ioctl 0x${request.toString(16)}`), { code });
    },
    read: (fd, buffer) => {
      const file = new Uint8Array(8);
      const view = new DataView(file.buffer);
      view.setInt32(0, fd, true);
      view.setInt16(4, pollIn, true);
      libc().poll(file, 1, 0);
      // No events: nothing can be read, and read() would wait. With an error or an end, read() says which.
      return view.getInt16(6, true) === 0 ? 0 : readSync(fd, buffer);
    },
    close: (fd) => closeSync(fd),
  };
}

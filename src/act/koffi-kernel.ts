/** The real kernel, reached through libc's ioctl with koffi; koffi is loaded with the first use. */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import type { GpioKernel } from './gpio-kernel.ts';

type Ioctl = (fd: number, request: number, type: 'void *', buffer: Uint8Array) => number;

interface Libc {
  readonly ioctl: Ioctl;
  readonly errno: () => number;
}

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded === undefined) {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    loaded = {
      ioctl: koffi.load(null).func('int ioctl(int fd, unsigned long request, ...)') as Ioctl,
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
    close: (fd) => closeSync(fd),
  };
}

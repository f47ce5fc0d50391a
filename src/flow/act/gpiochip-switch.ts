/** A switch on a line of the GPIO character device, held under the name goby. */
import {
  asIsRequestBuffer,
  gpioRequest,
  lineValuesBuffer,
  outputRequestBuffer,
  readLineFd,
  readLineValue,
} from './gpio-abi.ts';
import { givenBack, lost } from './gpio-errors.ts';
import { errorCode, type GpioKernel } from './gpio-kernel.ts';
import { type FoundLine, withChip } from './gpio-lines.ts';
import { consumer, requestLine } from './request-line.ts';
import type { Switch, SwitchOptions } from './switch.ts';

/** Takes a line that findLine() found. @throws UnavailableError when it is taken or refused */
export function openGpiochip(kernel: GpioKernel, found: FoundLine, options: SwitchOptions): Switch {
  const { line, activeLow, initial } = options;
  const request = outputRequestBuffer({ offset: found.info.offset, consumer, activeLow, initial });
  const fd = requestLine({ kernel, found, line, request, direction: 'an output' });
  return new GpiochipSwitch(kernel, line, fd);
}

class GpiochipSwitch implements Switch {
  readonly line: string;
  readonly #kernel: GpioKernel;
  #fd: number | undefined;

  constructor(kernel: GpioKernel, line: string, fd: number) {
    this.#kernel = kernel;
    this.line = line;
    this.#fd = fd;
  }

  set(on: boolean): void {
    this.#ioctl(gpioRequest.setValues, lineValuesBuffer(on));
  }

  get(): boolean {
    const values = lineValuesBuffer();
    this.#ioctl(gpioRequest.getValues, values);
    return readLineValue(values);
  }

  close(safe: boolean): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    try {
      this.set(safe);
    } catch (error) {
      // A chip that has gone takes its line with it: nothing is left to make safe.
      if (errorCode((error as Error).cause) === undefined) throw error;
    } finally {
      this.#fd = undefined;
      this.#kernel.close(fd);
    }
  }

  #ioctl(request: number, buffer: Uint8Array): void {
    if (this.#fd === undefined) throw givenBack(this.line);
    try {
      this.#kernel.ioctl(this.#fd, request, buffer);
    } catch (error) {
      throw errorCode(error) === undefined ? error : lost(this.line, error);
    }
  }
}

/** Reads the level of a line that nobody holds, without changing its direction; undefined when it can't be had. */
export function peekGpiochip(kernel: GpioKernel, { path, info }: FoundLine, activeLow: boolean): boolean | undefined {
  // An input's level says nothing about what an output would be.
  if (info.used || !info.isOutput) return undefined;
  const request = asIsRequestBuffer(info.offset, consumer, activeLow);
  let fd: number | undefined;
  try {
    withChip(kernel, path, (chip) => kernel.ioctl(chip, gpioRequest.getLine, request));
    fd = readLineFd(request);
    const values = lineValuesBuffer();
    kernel.ioctl(fd, gpioRequest.getValues, values);
    return readLineValue(values);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  } finally {
    if (fd !== undefined) kernel.close(fd);
  }
}

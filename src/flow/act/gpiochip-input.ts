/** An input on a line of the GPIO character device: the kernel debounces and keeps the edges until they are asked for. */
import {
  gpioRequest,
  inputRequestBuffer,
  lineEventsBuffer,
  lineValuesBuffer,
  readLineEvents,
  readLineValue,
} from './gpio-abi.ts';
import { givenBack, lost } from './gpio-errors.ts';
import { errorCode, type GpioKernel } from './gpio-kernel.ts';
import type { FoundLine } from './gpio-lines.ts';
import type { InputLine, InputLineOptions } from './input-line.ts';
import { consumer, requestLine } from './request-line.ts';

/** Takes a line that findLine() found. @throws UnavailableError when it is taken or refused */
export function openGpiochipInput(kernel: GpioKernel, found: FoundLine, options: InputLineOptions): InputLine {
  const { line, activeLow, pull, debounceMs } = options;
  const { offset } = found.info;
  const request = inputRequestBuffer({ offset, consumer, activeLow, pull, debounceUs: 1000 * debounceMs });
  return new GpiochipInput(kernel, line, requestLine({ kernel, found, line, request, direction: 'an input' }));
}

class GpiochipInput implements InputLine {
  readonly line: string;
  readonly #kernel: GpioKernel;
  readonly #events = lineEventsBuffer();
  #fd: number | undefined;

  constructor(kernel: GpioKernel, line: string, fd: number) {
    this.#kernel = kernel;
    this.line = line;
    this.#fd = fd;
  }

  get(): boolean {
    const values = lineValuesBuffer();
    this.#use((fd) => this.#kernel.ioctl(fd, gpioRequest.getValues, values));
    return readLineValue(values);
  }

  drain(): readonly boolean[] {
    const changes: boolean[] = [];
    for (;;) {
      const length = this.#use((fd) => this.#kernel.read(fd, this.#events));
      if (length === 0) return changes;
      changes.push(...readLineEvents(this.#events, length));
    }
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) this.#kernel.close(fd);
  }

  #use<Result>(work: (fd: number) => Result): Result {
    if (this.#fd === undefined) throw givenBack(this.line);
    try {
      return work(this.#fd);
    } catch (error) {
      throw errorCode(error) === undefined ? error : lost(this.line, error);
    }
  }
}

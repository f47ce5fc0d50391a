/** Takes a line of the GPIO character device under the name goby; who has it already is told by name. */
import { gpioRequest, readLineFd } from './gpio-abi.ts';
import { refused, taken } from './gpio-errors.ts';
import { errorCode, type GpioKernel } from './gpio-kernel.ts';
import { type FoundLine, findLine, withChip } from './gpio-lines.ts';

export const consumer = 'goby';

export interface LineRequest {
  readonly kernel: GpioKernel;
  readonly found: FoundLine;
  /** As configured, for messages. */
  readonly line: string;
  /** See gpio-abi.ts. */
  readonly request: Uint8Array;
  readonly direction: 'an output' | 'an input';
}

/** @returns the line's file descriptor @throws UnavailableError when it is taken or refused */
export function requestLine({ kernel, found, line, request, direction }: LineRequest): number {
  try {
    withChip(kernel, found.path, (fd) => kernel.ioctl(fd, gpioRequest.getLine, request));
  } catch (error) {
    if (errorCode(error) === 'EBUSY') throw taken(line, consumerOf(kernel, found), error);
    throw errorCode(error) === undefined ? error : refused(line, direction, error);
  }
  return readLineFd(request);
}

/** Asked again at the refusal: the line may have been taken a moment ago. */
function consumerOf(kernel: GpioKernel, { chip, info }: FoundLine): string {
  try {
    return findLine(kernel, `${chip.name}:${info.offset}`).info.consumer;
  } catch {
    return info.consumer;
  }
}

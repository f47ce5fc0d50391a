/** Finds a GPIO line by name, such as GPIO17, over all chips, or by chip and offset, such as gpiochip0:17. */
import { basename } from 'node:path';
import {
  type ChipInfo,
  chipInfoBuffer,
  gpioRequest,
  type LineInfo,
  lineInfoBuffer,
  readChipInfo,
  readLineInfo,
} from './gpio-abi.ts';
import { forbidden, missingChip, missingLine, missingOffset, noChips } from './gpio-errors.ts';
import { errorCode, type GpioKernel } from './gpio-kernel.ts';

export interface FoundLine {
  /** Such as /dev/gpiochip0. */
  readonly path: string;
  readonly chip: ChipInfo;
  readonly info: LineInfo;
}

/** Controllers of the pin header of Raspberry Pis: their offsets are the numbers of the GPIO names. */
export const headerChip = /^pinctrl-(bcm2835|bcm2711|rp1)$/;

/** @throws UnavailableError that says why there is no such line, or why it can't be looked for */
export function findLine(kernel: GpioKernel, line: string): FoundLine {
  const paths = kernel.chips();
  if (paths.length === 0) throw noChips(line);
  const [, chipName, offset] = /^(gpiochip\d+):(\d+)$/.exec(line) ?? [];
  return chipName === undefined
    ? findByName(kernel, paths, line)
    : findByOffset({ kernel, paths, line, chipName, offset: Number(offset) });
}

/** Runs `work` with a chip opened, and closes it. */
export function withChip<Result>(kernel: GpioKernel, path: string, work: (fd: number) => Result): Result {
  const fd = kernel.open(path);
  try {
    return work(fd);
  } finally {
    kernel.close(fd);
  }
}

function findByOffset(wanted: {
  kernel: GpioKernel;
  paths: readonly string[];
  line: string;
  chipName: string;
  offset: number;
}): FoundLine {
  const { kernel, paths, line, chipName, offset } = wanted;
  const path = paths.find((candidate) => basename(candidate) === chipName);
  if (path === undefined)
    throw missingChip(
      line,
      paths.map((candidate) => basename(candidate)),
    );
  try {
    return withChip(kernel, path, (fd) => {
      const chip = chipInfo(kernel, fd);
      if (offset >= chip.lines) throw missingOffset(line, chip);
      return { path, chip, info: lineInfo(kernel, fd, offset) };
    });
  } catch (error) {
    throw errorCode(error) === undefined ? error : forbidden(line, path, error);
  }
}

function findByName(kernel: GpioKernel, paths: readonly string[], line: string): FoundLine {
  const number = /^GPIO(\d+)$/.exec(line)?.[1];
  const names: string[] = [];
  let onHeader: FoundLine | undefined;
  let closed: { path: string; error: unknown } | undefined;
  for (const path of paths) {
    try {
      const found = withChip(kernel, path, (fd): FoundLine | undefined => {
        const chip = chipInfo(kernel, fd);
        for (let offset = 0; offset < chip.lines; offset++) {
          const info = lineInfo(kernel, fd, offset);
          if (info.name === line) return { path, chip, info };
          if (info.name !== '') names.push(info.name);
          // Some kernels name header lines after their function, such as GPIO_GCLK for GPIO4.
          if (headerChip.test(chip.label) && offset === Number(number) && !/^GPIO\d+$/.test(info.name)) {
            onHeader ??= { path, chip, info };
          }
        }
        return undefined;
      });
      if (found !== undefined) return found;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      closed ??= { path, error };
    }
  }
  if (onHeader !== undefined) return onHeader;
  if (closed !== undefined) throw forbidden(line, closed.path, closed.error);
  throw missingLine(line, names);
}

function chipInfo(kernel: GpioKernel, fd: number): ChipInfo {
  const buffer = chipInfoBuffer();
  kernel.ioctl(fd, gpioRequest.getChipInfo, buffer);
  return readChipInfo(buffer);
}

function lineInfo(kernel: GpioKernel, fd: number, offset: number): LineInfo {
  const buffer = lineInfoBuffer(offset);
  kernel.ioctl(fd, gpioRequest.getLineInfo, buffer);
  return readLineInfo(buffer);
}

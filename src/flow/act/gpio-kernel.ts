/** The port to the kernel's GPIO character devices: a few system calls. Adapters: koffi over libc; a fake kernel in tests. */

export interface GpioKernel {
  /** Paths of all GPIO chips, such as /dev/gpiochip0, in the order of their numbers. */
  chips(): string[];
  /** Opens a chip for reading and writing. Throws an error with `code`, as node:fs does. */
  open(path: string): number;
  /** Runs one ioctl, which reads and writes `buffer`. Throws an error with `code` (EBUSY, EINVAL, ...). */
  ioctl(fd: number, request: number, buffer: Uint8Array): void;
  /**
   * Reads what waits into `buffer`, never waiting itself.
   * @returns how many bytes came; 0 when nothing waits. Throws an error with `code`.
   */
  read(fd: number, buffer: Uint8Array): number;
  close(fd: number): void;
}

/** What a failed system call says of itself: EBUSY, EACCES, ...; undefined for anything else that was thrown. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

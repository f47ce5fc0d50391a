/** The memory the agent writes tensors into, as the worker sees it: mapped, so that no bytes are copied on the way. Worker only. */
import koffi from 'koffi';
import { UnavailableError } from '../../../errors.ts';

/** PROT_READ and MAP_SHARED of <sys/mman.h>, the same numbers on every Linux that Node runs on. */
const protRead = 1;
const mapShared = 1;
/** MAP_FAILED. */
const failed = BigInt.asUintN(64, -1n);
const smallest = 1 << 20;

/**
 * A function that gives the first `bytes` of the file behind `descriptor`, as it is at that moment. The file must be that long when
 * it is called, and never get shorter: reading behind its end ends the process (SIGBUS, mmap(2)).
 * @throws UnavailableError when it can't be mapped
 */
export function mapMemory(descriptor: number): (bytes: number) => Uint8Array {
  const mmap = koffi.load('libc.so.6').func('void *mmap(void *, size_t, int, int, int, int64_t)');
  let mapped = new Uint8Array(0);
  return (bytes) => {
    if (mapped.byteLength < bytes) {
      // The smaller mapping stays: it shares its pages with the larger one, and code that still reads it must not crash.
      const length = Math.max(smallest, 2 ** Math.ceil(Math.log2(bytes)));
      const pointer: unknown = mmap(null, length, protRead, mapShared, descriptor, 0);
      if (pointer === null || koffi.address(pointer) === failed) {
        throw new UnavailableError(`The worker can't map ${length} bytes of the agent's memory.`);
      }
      mapped = new Uint8Array(koffi.view(pointer, length));
    }
    return mapped.subarray(0, bytes);
  };
}

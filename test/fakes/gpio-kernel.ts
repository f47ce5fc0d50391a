/**
 * A kernel with GPIO chips, as far as goby calls it: checks every byte of the structures as Linux does, and answers with
 * its errors. Offsets are written out here a second time on purpose: they come from the table of what was seen on real
 * kernels, not from the code under test.
 */
import type { GpioKernel } from '../../src/flow/act/gpio-kernel.ts';

export interface FakeLine {
  name: string;
  consumer: string;
  used: boolean;
  isOutput: boolean;
  activeLow: boolean;
  /** Every physical level it had as an output. */
  readonly history: boolean[];
  /** Physical level that comes from outside, while it is an input. */
  level: boolean;
  /** Flags and debounce time it was last asked for with. */
  flags: bigint;
  debounceUs: number;
  /** Edges that nobody has read: did it become active? */
  readonly edges: boolean[];
}

export interface FakeChip {
  readonly path: string;
  readonly label: string;
  readonly lines: FakeLine[];
  /** What open() answers with. */
  forbidden?: 'EACCES' | 'EPERM';
  gone?: boolean;
}

export function fakeLine(name = '', consumer = ''): FakeLine {
  return {
    ...{ name, consumer, used: consumer !== '', isOutput: false, activeLow: false, history: [] },
    ...{ level: false, flags: 0n, debounceUs: 0, edges: [] },
  };
}

/** Someone changes the physical level of an input; edges are kept where they were asked for, as many as the kernel keeps. */
export function drive(line: FakeLine, level: boolean): void {
  if (line.level === level) return;
  line.level = level;
  const active = level !== line.activeLow;
  const wanted = (line.flags & (active ? 16n : 32n)) !== 0n;
  if (!line.used || !wanted) return;
  line.edges.push(active);
  // The oldest is lost first.
  if (line.edges.length > 16) line.edges.shift();
}

/** The header of a Raspberry Pi 4: 58 lines, GPIO0 and GPIO1 named otherwise. */
export function piChip(path = '/dev/gpiochip0'): FakeChip {
  const lines = Array.from({ length: 58 }, (_, offset) => fakeLine(offset < 28 ? `GPIO${offset}` : ''));
  lines[0]!.name = 'ID_SDA';
  lines[1]!.name = 'ID_SCL';
  return { path, label: 'pinctrl-bcm2711', lines };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

type Held = { readonly chip: FakeChip; readonly line?: FakeLine };

export class FakeGpioKernel implements GpioKernel {
  readonly #chips: readonly FakeChip[];
  readonly #open = new Map<number, Held>();
  #nextFd = 10;
  /** Every ioctl that was asked for: number and a copy of the bytes that went in. */
  readonly calls: { request: number; bytes: Uint8Array }[] = [];

  constructor(chips: readonly FakeChip[]) {
    this.#chips = chips;
  }

  get openFiles(): number {
    return this.#open.size;
  }

  chips(): string[] {
    return this.#chips.filter(({ gone }) => gone !== true).map(({ path }) => path);
  }

  open(path: string): number {
    const chip = this.#chips.find((candidate) => candidate.path === path && candidate.gone !== true);
    if (chip === undefined) throw failure('ENOENT');
    if (chip.forbidden !== undefined) throw failure(chip.forbidden);
    return this.#hold({ chip });
  }

  close(fd: number): void {
    const held = this.#open.get(fd);
    if (held === undefined) throw failure('EBADF');
    this.#open.delete(fd);
    // As on Raspberry Pi's kernels: the line stays an output at its level.
    if (held.line === undefined) return;
    Object.assign(held.line, { used: false, consumer: '', activeLow: false, flags: 0n });
    held.line.edges.length = 0;
  }

  /** read() of a line: whole events of 48 bytes. As the real kernel does, a buffer that holds none gives EINVAL. */
  read(fd: number, buffer: Uint8Array): number {
    const held = this.#open.get(fd);
    if (held === undefined) throw failure('EBADF');
    if (held.chip.gone) throw failure('ENODEV');
    const { line } = held;
    if (line === undefined || line.edges.length === 0) return 0;
    if (buffer.length < 48) throw failure('EINVAL');
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const edges = line.edges.splice(0, Math.floor(buffer.length / 48));
    for (const [index, active] of edges.entries()) {
      buffer.fill(0xee, 48 * index, 48 * (index + 1));
      view.setUint32(48 * index + 8, active ? 1 : 2, true);
    }
    return 48 * edges.length;
  }

  ioctl(fd: number, request: number, buffer: Uint8Array): void {
    this.calls.push({ request, bytes: buffer.slice() });
    const held = this.#open.get(fd);
    if (held === undefined) throw failure('EBADF');
    // _IOC_SIZE: the kernel copies this many bytes, whatever the buffer's length.
    if (buffer.length !== ((request >>> 16) & 0x3fff)) throw new Error(`a buffer of ${buffer.length} bytes is wrong`);
    if (held.chip.gone) throw failure('ENODEV');
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    if (held.line === undefined) this.#chipIoctl(held.chip, request, view, buffer);
    else lineIoctl(held.line, request, view);
  }

  #hold(held: Held): number {
    const fd = this.#nextFd++;
    this.#open.set(fd, held);
    return fd;
  }

  #chipIoctl(chip: FakeChip, request: number, view: DataView, bytes: Uint8Array): void {
    switch (request) {
      case 0x8044b401:
        putText(bytes, 0, chip.path.slice('/dev/'.length));
        putText(bytes, 32, chip.label);
        view.setUint32(64, chip.lines.length, true);
        return;
      case 0xc100b405: {
        requireZero(bytes, 240, 256);
        const line = chip.lines[view.getUint32(64, true)];
        if (line === undefined) throw failure('EINVAL');
        putText(bytes, 0, line.name);
        putText(bytes, 32, line.consumer);
        view.setUint32(68, 0, true);
        view.setBigUint64(72, (line.used ? 1n : 0n) | (line.activeLow ? 2n : 0n) | (line.isOutput ? 8n : 4n), true);
        return;
      }
      case 0xc250b407:
        view.setInt32(588, this.#request(chip, view, bytes), true);
        return;
      default:
        throw failure('EINVAL');
    }
  }

  /** linereq_create() of gpiolib-cdev.c, for one line. */
  #request(chip: FakeChip, view: DataView, bytes: Uint8Array): number {
    requireZero(bytes, 300, 320);
    requireZero(bytes, 568, 588);
    const flags = view.getBigUint64(288, true);
    const attributes = view.getUint32(296, true);
    if (view.getUint32(560, true) !== 1) throw failure('EINVAL');
    if ((flags & ~(2n | 4n | 8n | 16n | 32n | 256n | 512n | 1024n)) !== 0n || (flags & 12n) === 12n)
      throw failure('EINVAL');
    // Edges need an input, resistors a direction, and only one resistor.
    if ((flags & 48n) !== 0n && (flags & 4n) === 0n) throw failure('EINVAL');
    const pulls = flags & (256n | 512n | 1024n);
    if (pulls !== 0n && ((flags & 12n) === 0n || ![256n, 512n, 1024n].includes(pulls))) throw failure('EINVAL');
    if (view.getUint32(564, true) !== 0) throw failure('EINVAL');
    const line = chip.lines[view.getUint32(0, true)];
    if (line === undefined) throw failure('EINVAL');
    if (line.used) throw failure('EBUSY');
    line.used = true;
    line.consumer = textAt(bytes, 256);
    line.activeLow = (flags & 2n) !== 0n;
    line.flags = flags;
    if ((flags & 4n) !== 0n) {
      line.isOutput = false;
      line.debounceUs = 0;
      for (let index = 0; index < attributes; index++) {
        const at = 320 + index * 24;
        if (view.getUint32(at, true) !== 3 || view.getUint32(at + 4, true) !== 0) throw failure('EINVAL');
        if ((view.getBigUint64(at + 16, true) & 1n) !== 0n) line.debounceUs = view.getUint32(at + 8, true);
      }
    } else if ((flags & 8n) !== 0n) {
      line.isOutput = true;
      let initial = false;
      for (let index = 0; index < attributes; index++) {
        const at = 320 + index * 24;
        if (view.getUint32(at, true) !== 2 || view.getUint32(at + 4, true) !== 0) throw failure('EINVAL');
        if ((view.getBigUint64(at + 16, true) & 1n) !== 0n) initial = (view.getBigUint64(at + 8, true) & 1n) !== 0n;
      }
      line.history.push(initial !== line.activeLow);
    } else if (attributes !== 0) throw failure('EINVAL');
    return this.#hold({ chip, line });
  }
}

function physicalLevel(line: FakeLine): boolean {
  return (line.flags & 4n) !== 0n ? line.level : (line.history.at(-1) ?? false);
}

function lineIoctl(line: FakeLine, request: number, view: DataView): void {
  if ((view.getBigUint64(8, true) & 1n) === 0n) throw failure('EINVAL');
  switch (request) {
    case 0xc010b40e:
      view.setBigUint64(0, physicalLevel(line) !== line.activeLow ? 1n : 0n, true);
      return;
    case 0xc010b40f:
      if (!line.isOutput) throw failure('EPERM');
      line.history.push(((view.getBigUint64(0, true) & 1n) !== 0n) !== line.activeLow);
      return;
    default:
      throw failure('EINVAL');
  }
}

function requireZero(bytes: Uint8Array, from: number, to: number): void {
  if (bytes.subarray(from, to).some((byte) => byte !== 0)) throw failure('EINVAL');
}

function putText(bytes: Uint8Array, offset: number, text: string): void {
  bytes.fill(0, offset, offset + 32);
  bytes.set(new TextEncoder().encode(text).subarray(0, 31), offset);
}

function textAt(bytes: Uint8Array, offset: number): string {
  return new TextDecoder().decode(bytes.subarray(offset, bytes.indexOf(0, offset)));
}

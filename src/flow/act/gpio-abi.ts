/**
 * Bytes of the GPIO character device, ABI version 2: structures and numbers of linux/gpio.h, little-endian, the same on
 * amd64 and arm64. Offsets were checked on gpio-sim and on pinctrl-bcm2835.
 */

export const gpioRequest = {
  getChipInfo: 0x8044b401,
  getLineInfo: 0xc100b405,
  getLine: 0xc250b407,
  getValues: 0xc010b40e,
  setValues: 0xc010b40f,
} as const;

export const lineFlag = {
  used: 1n,
  activeLow: 2n,
  input: 4n,
  output: 8n,
  risingEdge: 16n,
  fallingEdge: 32n,
  pullUp: 256n,
  pullDown: 512n,
  pullNone: 1024n,
} as const;

const nameBytes = 32;
const sizeOf = { chipInfo: 68, lineInfo: 256, lineRequest: 592, lineValues: 16, lineEvent: 48 } as const;
/** Id of the attribute that carries the values an output starts with. */
const initialValues = 2;
/** Id of the attribute that carries how long a level must last, in microseconds. */
const debouncePeriod = 3;
/** Id of an event: the line became active; the other is 2. */
const becameActive = 1;
/** Events that are read at once; the kernel keeps 16 for a line. */
const eventsAtOnce = 16;

function bufferOf(size: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text up to its ending zero. */
function textAt(bytes: Uint8Array, offset: number): string {
  const field = bytes.subarray(offset, offset + nameBytes);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

export interface ChipInfo {
  /** gpiochipN. */
  readonly name: string;
  /** Driver's name, such as pinctrl-bcm2711. */
  readonly label: string;
  readonly lines: number;
}

export function chipInfoBuffer(): Uint8Array {
  return bufferOf(sizeOf.chipInfo).bytes;
}

export function readChipInfo(bytes: Uint8Array): ChipInfo {
  return { name: textAt(bytes, 0), label: textAt(bytes, 32), lines: viewOf(bytes).getUint32(64, true) };
}

export interface LineInfo {
  /** Empty when the line has none. */
  readonly name: string;
  /** Who holds it; empty when free, or when the holder gave no name. */
  readonly consumer: string;
  readonly offset: number;
  readonly used: boolean;
  readonly isOutput: boolean;
}

export function lineInfoBuffer(offset: number): Uint8Array {
  const { bytes, view } = bufferOf(sizeOf.lineInfo);
  view.setUint32(64, offset, true);
  return bytes;
}

export function readLineInfo(bytes: Uint8Array): LineInfo {
  const view = viewOf(bytes);
  const flags = view.getBigUint64(72, true);
  return {
    name: textAt(bytes, 0),
    consumer: textAt(bytes, 32),
    offset: view.getUint32(64, true),
    used: (flags & lineFlag.used) !== 0n,
    isOutput: (flags & lineFlag.output) !== 0n,
  };
}

export interface OutputRequest {
  readonly offset: number;
  /** At most 31 bytes. */
  readonly consumer: string;
  readonly activeLow: boolean;
  /** Logical level to start with. */
  readonly initial: boolean;
}

/** Asks for one line as output, at its first level from the start. */
export function outputRequestBuffer({ offset, consumer, activeLow, initial }: OutputRequest): Uint8Array {
  const bytes = lineRequestBuffer(offset, consumer, lineFlag.output | (activeLow ? lineFlag.activeLow : 0n));
  const view = viewOf(bytes);
  view.setUint32(296, 1, true);
  view.setUint32(320, initialValues, true);
  view.setBigUint64(328, initial ? 1n : 0n, true);
  view.setBigUint64(336, 1n, true);
  return bytes;
}

export interface InputRequest {
  readonly offset: number;
  /** At most 31 bytes. */
  readonly consumer: string;
  readonly activeLow: boolean;
  readonly pull: 'up' | 'down' | 'none';
  readonly debounceUs: number;
}

/** Asks for one line as input that tells both edges. */
export function inputRequestBuffer({ offset, consumer, activeLow, pull, debounceUs }: InputRequest): Uint8Array {
  const { input, risingEdge, fallingEdge, pullUp, pullDown, pullNone } = lineFlag;
  const bias = { up: pullUp, down: pullDown, none: pullNone }[pull];
  const flags = input | risingEdge | fallingEdge | bias | (activeLow ? lineFlag.activeLow : 0n);
  const bytes = lineRequestBuffer(offset, consumer, flags);
  if (debounceUs === 0) return bytes;
  const view = viewOf(bytes);
  view.setUint32(296, 1, true);
  view.setUint32(320, debouncePeriod, true);
  view.setUint32(328, debounceUs, true);
  view.setBigUint64(336, 1n, true);
  return bytes;
}

/** Room for the events that wait on a line. */
export function lineEventsBuffer(): Uint8Array {
  return bufferOf(eventsAtOnce * sizeOf.lineEvent).bytes;
}

/** What each of the events in the first `length` bytes says: did the line become active? Oldest first. */
export function readLineEvents(bytes: Uint8Array, length: number): boolean[] {
  const view = viewOf(bytes);
  return Array.from(
    { length: Math.floor(length / sizeOf.lineEvent) },
    (_, index) => view.getUint32(index * sizeOf.lineEvent + 8, true) === becameActive,
  );
}

/** Asks for one line as it is, to read its level without changing its direction. */
export function asIsRequestBuffer(offset: number, consumer: string, activeLow: boolean): Uint8Array {
  return lineRequestBuffer(offset, consumer, activeLow ? lineFlag.activeLow : 0n);
}

function lineRequestBuffer(offset: number, consumer: string, flags: bigint): Uint8Array {
  const { bytes, view } = bufferOf(sizeOf.lineRequest);
  view.setUint32(0, offset, true);
  bytes.set(new TextEncoder().encode(consumer).subarray(0, nameBytes - 1), 256);
  view.setBigUint64(288, flags, true);
  view.setUint32(560, 1, true);
  return bytes;
}

/** File descriptor of the line, written by the kernel into a request that succeeded. */
export function readLineFd(bytes: Uint8Array): number {
  return viewOf(bytes).getInt32(588, true);
}

/** The first line of a request, with a level to set; for reading the level is left open. */
export function lineValuesBuffer(on = false): Uint8Array {
  const { bytes, view } = bufferOf(sizeOf.lineValues);
  view.setBigUint64(0, on ? 1n : 0n, true);
  view.setBigUint64(8, 1n, true);
  return bytes;
}

export function readLineValue(bytes: Uint8Array): boolean {
  return (viewOf(bytes).getBigUint64(0, true) & 1n) === 1n;
}

/**
 * Windows bitmaps (.bmp), which libvips in sharp doesn't read: 1, 4, 8, 16, 24 and 32 bits a pixel, uncompressed.
 * Layout: BITMAPFILEHEADER and BITMAPINFOHEADER of wingdi.h; rows lie bottom up unless the height is negative, and each is
 * filled up to a multiple of 4 bytes.
 */
import { InputError } from '../../errors.ts';

export interface Bitmap {
  /** Row-major, from the top. */
  readonly rgb: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

const fileHeaderBytes = 14;
/** As far as goby reads: a photo of 100 megapixels. */
const mostPixels = 1e8;
/** Values of biCompression. */
const uncompressed = 0;
const bitFields = 3;

export function isBitmap(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/** @throws InputError without the file's name */
export function decodeBitmap(bytes: Uint8Array): Bitmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < fileHeaderBytes + 40) throw new InputError('is a bitmap that was cut short');
  const dataAt = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const widthPx = view.getInt32(18, true);
  const height = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const heightPx = Math.abs(height);
  if (headerBytes < 40 || widthPx <= 0 || heightPx === 0 || widthPx * heightPx > mostPixels) {
    throw new InputError(`is a bitmap of ${widthPx} x ${heightPx} pixels with a header of ${headerBytes} bytes`);
  }
  if (![1, 4, 8, 16, 24, 32].includes(bits) || (compression !== uncompressed && compression !== bitFields)) {
    throw new InputError(`is a compressed bitmap (kind ${compression}, ${bits} bits a pixel); save it as PNG or JPEG`);
  }
  const rowBytes = Math.ceil((widthPx * bits) / 32) * 4;
  if (dataAt + rowBytes * heightPx > bytes.length) throw new InputError('is a bitmap that was cut short');
  const paletteAt = fileHeaderBytes + headerBytes;
  if (bits <= 8 && paletteAt > dataAt) throw new InputError('is a bitmap without its palette');
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  const colourAt = colours(bytes, view, { bits, paletteAt, dataAt, fields: fieldsOf(view, bits, compression) });
  for (let y = 0; y < heightPx; y++) {
    const rowAt = dataAt + rowBytes * (height > 0 ? heightPx - 1 - y : y);
    for (let x = 0; x < widthPx; x++) colourAt(rowAt, x, rgb, (y * widthPx + x) * 3);
  }
  return { rgb, widthPx, heightPx };
}

type Colour = (rowAt: number, x: number, into: Uint8Array, at: number) => void;

interface Layout {
  readonly bits: number;
  readonly paletteAt: number;
  readonly dataAt: number;
  /** Masks of red, green and blue, of 16 and 32 bits a pixel. */
  readonly fields: readonly [number, number, number];
}

function colours(bytes: Uint8Array, view: DataView, { bits, paletteAt, dataAt, fields }: Layout): Colour {
  const bgr = (from: number, into: Uint8Array, at: number): void => {
    into[at] = bytes[from + 2]!;
    into[at + 1] = bytes[from + 1]!;
    into[at + 2] = bytes[from]!;
  };
  if (bits === 24) return (rowAt, x, into, at) => bgr(rowAt + 3 * x, into, at);
  if (bits >= 16) {
    return (rowAt, x, into, at) => {
      const value = bits === 32 ? view.getUint32(rowAt + 4 * x, true) : view.getUint16(rowAt + 2 * x, true);
      for (const [place, mask] of fields.entries()) into[at + place] = masked(value, mask);
    };
  }
  const entries = Math.floor((dataAt - paletteAt) / 4);
  return (rowAt, x, into, at) => {
    const byte = bytes[rowAt + Math.floor((x * bits) / 8)]!;
    const shift = 8 - bits - ((x * bits) % 8);
    const index = (byte >> shift) & (2 ** bits - 1);
    if (index < entries) bgr(paletteAt + 4 * index, into, at);
  };
}

/** Bit fields lie behind the first 40 bytes of the header; without them 16 bits are 5-5-5 and 32 bits 8-8-8. */
function fieldsOf(view: DataView, bits: number, compression: number): readonly [number, number, number] {
  if (compression === bitFields && view.byteLength >= 66) {
    return [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)];
  }
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
}

/** The bits of a mask, spread over 0..255. */
function masked(value: number, mask: number): number {
  if (mask === 0) return 0;
  const lowest = mask & -mask;
  const unit = lowest >>> 0;
  return Math.round((255 * Math.floor(((value & mask) >>> 0) / unit)) / ((mask >>> 0) / unit));
}

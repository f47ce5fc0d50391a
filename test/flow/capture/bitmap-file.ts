/** Writes a .bmp file, for tests. */

export interface BitmapOptions {
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly widthPx: number;
  readonly heightPx: number;
  /** [red, green, blue] from the top left. */
  readonly pixels: readonly (readonly number[])[];
  /** The palette of up to 8 bits. */
  readonly colours: readonly (readonly number[])[];
}

export function bitmapFile({ bits, widthPx, heightPx, pixels, colours }: BitmapOptions): Uint8Array {
  const palette = bits <= 8 ? colours : [];
  const dataAt = 54 + 4 * palette.length;
  const rowBytes = Math.ceil((widthPx * bits) / 32) * 4;
  const bytes = new Uint8Array(dataAt + rowBytes * heightPx);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, dataAt, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, widthPx, true);
  view.setInt32(22, heightPx, true);
  view.setUint16(28, bits, true);
  for (const [at, [red = 0, green = 0, blue = 0]] of palette.entries()) bytes.set([blue, green, red], 54 + 4 * at);
  for (const [place, colour] of pixels.entries()) {
    const [red = 0, green = 0, blue = 0] = colour;
    const x = place % widthPx;
    const at = dataAt + rowBytes * (heightPx - 1 - Math.floor(place / widthPx));
    if (bits >= 24) bytes.set([blue, green, red], at + (x * bits) / 8);
    else if (bits === 16) view.setUint16(at + 2 * x, ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3), true);
    else {
      const index = palette.findIndex((one) => one.join() === colour.join());
      bytes[at + Math.floor((x * bits) / 8)]! |= index << (8 - bits - ((x * bits) % 8));
    }
  }
  return bytes;
}

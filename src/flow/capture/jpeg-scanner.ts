/**
 * Finds where JPEG pictures begin and end in a stream of bytes, by walking their markers (ITU-T T.81, annex B).
 * Looking for FF D9 alone would end a picture inside the thumbnail of its APP1 segment.
 */

/**
 * Why scan() came back: `more` the bytes are used up; `begin` FF D8 FF was read, so the picture began 3 bytes earlier;
 * `end` the picture's last byte was read; `broken` what began isn't a whole picture.
 */
export type ScanEvent = 'more' | 'begin' | 'end' | 'broken';

const marker = { sof0: 0xc0, dht: 0xc4, jpg: 0xc8, dac: 0xcc, sof15: 0xcf, soi: 0xd8, eoi: 0xd9, sos: 0xda } as const;

/** RST0 to RST7 and TEM stand alone, without a length. */
const standsAlone = (code: number): boolean => (code >= 0xd0 && code <= 0xd7) || code === 0x01;
const startsFrame = (code: number): boolean =>
  code >= marker.sof0 && code <= marker.sof15 && code !== marker.dht && code !== marker.jpg && code !== marker.dac;

type State =
  | 'seek'
  | 'seekD8'
  | 'seekFF'
  | 'marker'
  | 'code'
  | 'lengthHigh'
  | 'lengthLow'
  | 'segment'
  | 'scan'
  | 'scanFF';

export class JpegScanner {
  /** Size of the current picture, from its frame header; 0 until that was read. */
  widthPx = 0;
  heightPx = 0;
  event: ScanEvent = 'more';
  #state: State = 'seek';
  #code = 0;
  #lengthBytes = 0;
  #segmentOffset = 0;
  #hadScan = false;

  /** Forgets the current picture and looks for the next one. */
  reset(): void {
    this.#state = 'seek';
  }

  /** Reads on from `offset` until something happens or the chunk ends; returns the offset behind what was read. */
  scan(chunk: Uint8Array, offset: number): number {
    this.event = 'more';
    let at = offset;
    while (at < chunk.length && this.event === 'more') {
      if (this.#state === 'seek' || this.#state === 'scan') {
        // Native search: nearly all bytes of a stream are read here.
        const found = chunk.indexOf(0xff, at);
        if (found < 0) return chunk.length;
        this.#state = this.#state === 'seek' ? 'seekD8' : 'scanFF';
        at = found + 1;
      } else if (this.#state === 'segment') {
        at = this.#readSegment(chunk, at);
      } else {
        this.#step(chunk[at]!);
        at += 1;
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'seekD8':
        this.#state = byte === marker.soi ? 'seekFF' : byte === 0xff ? 'seekD8' : 'seek';
        break;
      case 'seekFF':
        if (byte === 0xff) this.#begin();
        else this.#state = 'seek';
        break;
      case 'marker':
        if (byte === 0xff) this.#state = 'code';
        else this.#breakOff('seek');
        break;
      case 'code':
        this.#readCode(byte);
        break;
      case 'scanFF':
        // A stuffed FF00, a restart marker or a fill byte belongs to the scan.
        if (byte === 0x00 || standsAlone(byte)) this.#state = 'scan';
        else if (byte !== 0xff) this.#readCode(byte);
        break;
      case 'lengthHigh':
        this.#lengthBytes = byte << 8;
        this.#state = 'lengthLow';
        break;
      case 'lengthLow':
        this.#lengthBytes += byte - 2;
        this.#segmentOffset = 0;
        if (this.#lengthBytes < 0) this.#breakOff('seek');
        else if (this.#lengthBytes === 0) this.#endSegment();
        else this.#state = 'segment';
        break;
      case 'seek':
      case 'scan':
      case 'segment':
        break;
    }
  }

  #begin(): void {
    this.widthPx = 0;
    this.heightPx = 0;
    this.#hadScan = false;
    this.#state = 'code';
    this.event = 'begin';
  }

  /** The byte behind FF, in the headers or at the end of a scan. */
  #readCode(code: number): void {
    if (code === 0xff) return;
    if (code === marker.soi)
      this.#breakOff('seekFF'); // The next picture begins: this one was cut.
    else if (code === marker.eoi) {
      const whole = this.#hadScan && this.widthPx > 0 && this.heightPx > 0;
      this.#state = 'seek';
      this.event = whole ? 'end' : 'broken';
    } else if (standsAlone(code)) this.#state = 'marker';
    else if (code < marker.sof0) this.#breakOff('seek');
    else {
      this.#code = code;
      this.#state = 'lengthHigh';
    }
  }

  #readSegment(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#lengthBytes - this.#segmentOffset, chunk.length - at);
    if (startsFrame(this.#code)) this.#readSize(chunk, at, taken);
    this.#segmentOffset += taken;
    if (this.#segmentOffset === this.#lengthBytes) this.#endSegment();
    return at + taken;
  }

  /** Bytes 1 to 4 of a frame header: height, then width, big-endian. */
  #readSize(chunk: Uint8Array, at: number, taken: number): void {
    for (let index = 0; index < taken && this.#segmentOffset + index <= 4; index += 1) {
      const byte = chunk[at + index]!;
      const position = this.#segmentOffset + index;
      if (position === 1) this.heightPx = byte << 8;
      else if (position === 2) this.heightPx += byte;
      else if (position === 3) this.widthPx = byte << 8;
      else if (position === 4) this.widthPx += byte;
    }
  }

  #endSegment(): void {
    const isScan = this.#code === marker.sos;
    this.#hadScan ||= isScan;
    this.#state = isScan ? 'scan' : 'marker';
  }

  #breakOff(next: State): void {
    this.#state = next;
    this.event = 'broken';
  }
}

/** What a snapshot shows, written into the JPEG itself as a comment, so that both always belong together: the box of its object. */
import { z } from 'zod';

const share = z.number().min(0).max(1);

const noteSchema = z.object({
  /** Left, top, right and bottom, as shares of the picture; null: the whole picture is meant. */
  box: z.tuple([share, share, share, share]).readonly().nullable(),
  /** Whether the box and its caption are drawn in the picture. */
  drawn: z.boolean(),
});

export type PictureNote = z.output<typeof noteSchema>;

const word = 'goby ';

/** Markers of ITU-T T.81, table B.1: application segment 0 (JFIF, which has to be first), comment, and start of scan. */
const app0 = 0xe0;
const comment = 0xfe;
const startOfScan = 0xda;

/** The same JPEG with a comment behind its JFIF header. */
export function withNote(jpeg: Uint8Array, note: PictureNote): Uint8Array {
  const text = Buffer.from(`${word}${JSON.stringify(note)}`);
  const segment = Buffer.alloc(4 + text.length);
  segment.writeUInt16BE(0xff00 | comment, 0);
  // The length counts itself.
  segment.writeUInt16BE(2 + text.length, 2);
  segment.set(text, 4);
  const [first] = segmentsOf(jpeg);
  const at = first?.marker === app0 ? first.end : 2;
  return Buffer.concat([jpeg.subarray(0, at), segment, jpeg.subarray(at)]);
}

/** Undefined for a picture without one, such as one of an earlier goby. */
export function readNote(jpeg: Uint8Array): PictureNote | undefined {
  for (const { marker, start, end } of segmentsOf(jpeg)) {
    if (marker !== comment) continue;
    const text = Buffer.from(jpeg.subarray(start, end)).toString('utf8');
    if (!text.startsWith(word)) continue;
    try {
      return noteSchema.safeParse(JSON.parse(text.slice(word.length))).data;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** The segments before the picture's data, without their markers and lengths. Ends at whatever is none. */
function* segmentsOf(jpeg: Uint8Array): Iterable<{ marker: number; start: number; end: number }> {
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1]!;
    const end = at + 2 + ((jpeg[at + 2]! << 8) | jpeg[at + 3]!);
    if (marker === startOfScan || end < at + 4 || end > jpeg.length) return;
    yield { marker, start: at + 4, end };
    at = end;
  }
}

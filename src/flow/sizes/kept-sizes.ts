/** What was learnt of sizes as text for the disk, and back: bounded, and parsed by a schema. */
import { z } from 'zod';
import { columns, levels, mostLabels, rows, type UsualHeights } from './usual-heights.ts';
import { type GreyPicture, mostViewPx } from './view.ts';

/** What the sizes are of: with another frame, or another camera, they say nothing. */
export interface SizesOf {
  /** As the camera gives it, not turned upright. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rotationDeg: number;
  /** Stands for the source as it is configured. */
  readonly source: string;
}

export interface KeptSizes {
  readonly of: SizesOf;
  /** What the camera saw meanwhile, small and grey. */
  readonly picture: GreyPicture;
  readonly heights: UsualHeights;
}

/** A file that is longer is none of goby's. */
export const mostKeptBytes = 4_000_000;

const cells = columns * rows * levels;
const whole = (least: number, most: number) => z.int().min(least).max(most);

const keptSchema = z.object({
  version: z.literal(1),
  of: z.object({
    widthPx: whole(1, 65_536),
    heightPx: whole(1, 65_536),
    rotationDeg: whole(0, 270),
    source: z.string().max(128),
  }),
  picture: z.object({
    widthPx: whole(3, mostViewPx),
    heightPx: whole(3, 4 * mostViewPx),
    /** Base64. */
    bytes: z.string().max(16 * mostViewPx ** 2),
  }),
  /** By label: positions that were seen, and how often. */
  heights: z
    .record(
      z.string().max(256),
      z.object({ at: z.array(whole(0, cells - 1)).max(cells), counts: z.array(z.number().min(0).max(1e6)).max(cells) }),
    )
    .refine((labels) => Object.keys(labels).length <= mostLabels),
});

export function keptText({ of, picture, heights }: KeptSizes): string {
  const told = [...heights].map(([label, counts]) => {
    const at = [...counts.keys()].filter((position) => counts[position]! >= 0.01);
    return [label, { at, counts: at.map((position) => Number(counts[position]!.toFixed(2))) }] as const;
  });
  const bytes = Buffer.from(picture.bytes).toString('base64');
  return `${JSON.stringify({ version: 1, of, picture: { ...picture, bytes }, heights: Object.fromEntries(told) })}\n`;
}

/** Throws for what is no such text. */
export function readKept(text: string): KeptSizes {
  const { of, picture, heights } = keptSchema.parse(JSON.parse(text));
  const bytes = new Uint8Array(Buffer.from(picture.bytes, 'base64'));
  if (bytes.length !== picture.widthPx * picture.heightPx) throw new Error('the picture is cut off');
  const learnt: UsualHeights = new Map();
  for (const [label, { at, counts }] of Object.entries(heights)) {
    const all = new Float32Array(cells);
    at.forEach((position, index) => {
      all[position] = counts[index] ?? 0;
    });
    learnt.set(label, all);
  }
  return { of, picture: { ...picture, bytes }, heights: learnt };
}

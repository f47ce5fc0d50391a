/** Which range pixels are in before a graph scales them itself: of the usual ones the one after which a network can compute. */
import type { LeadingScale } from './leading-scale.ts';

export interface FoundRange {
  /** Real values of a pixel of 0 and of 255. */
  readonly low: number;
  readonly high: number;
  /** What the graph does to them, such as `pixel * 0.003922 - 1`. */
  readonly words: string;
}

const usual = [
  [0, 255],
  [0, 1],
  [-1, 1],
] as const;

/**
 * Of the usual ranges the one that the scale turns into what networks compute with: numbers of the size of 1, about evenly on both
 * sides of 0. Where none does, but pixels lose an average in the middle of 0..255 (as Caffe's networks have it), it is 0..255.
 * @returns undefined when the graph doesn't scale, or in a way that says nothing
 */
export function rangeBefore({ operators, factor, offset }: LeadingScale): FoundRange | undefined {
  if (operators === 0 || factor === 0 || !Number.isFinite(factor) || !Number.isFinite(offset)) return undefined;
  const judged = usual.map(([low, high]) => {
    const [from, to] = [low * factor + offset, high * factor + offset];
    const size = Math.max(Math.abs(from), Math.abs(to));
    return { low, high, isSized: size >= 0.4 && size <= 8, lean: Math.abs(from + to) / Math.abs(to - from) };
  });
  const words = `pixel * ${short(factor)} ${offset < 0 ? '-' : '+'} ${short(Math.abs(offset))}`;
  const [best] = judged.filter(({ isSized }) => isSized).sort((a, b) => a.lean - b.lean);
  if (best !== undefined) return { low: best.low, high: best.high, words };
  const middle = -offset / factor;
  return middle > 50 && middle < 200 ? { low: 0, high: 255, words } : undefined;
}

const short = (number: number): string => String(Number(number.toPrecision(4)));

/** Keras names layers rescaling, rescaling_1 and so on. */
export function isRescalingName(name: string): boolean {
  return /(^|[/_;])rescaling(_\d+)?([/_:;]|$)/i.test(name);
}

/** How tall something is beside what is usual at its place. The noun that sizes/ hands on. */
import type { Box } from '../../geometry/boxes.ts';

export interface SizeJudgement {
  /** Of the box, a fraction of the frame's height. */
  readonly height: number;
  /** The median of what was seen there, the same. */
  readonly usualHeight: number;
  /** Is it of a usual size? */
  readonly fits: boolean;
}

/** @returns undefined where too little was seen to tell */
export type JudgeSize = (label: string, box: Box) => SizeJudgement | undefined;

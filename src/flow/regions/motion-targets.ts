/**
 * What moves and is none of the objects that are known: worth a look, until looks there have shown nothing again and again.
 * A tree that never rests makes its place dull by itself.
 */
import { area, type Box, intersection } from '../../geometry/boxes.ts';
import type { Target } from './plan.ts';
import type { Expected } from './targets.ts';

/** For each place of a coarse grid what a motion there is worth yet, 0..1. */
export interface Dullness {
  readonly columns: number;
  readonly rows: number;
  readonly interest: Float32Array;
}

/** About as large as a person at the end of a drive. */
const placesAcross = 32;
/** A look at something that moves and shows nothing takes this much of the interest in its place. */
const afterNothing = 0.85;
/** And never more than down to this: someone may come past the tree. */
const leastInterest = 0.04;
/** Without looks that show nothing the interest is back by half after this long. */
const recoverySeconds = 30;
/** Of so many moving things, the largest, targets are made. */
const most = 8;
/** What fills more of the frame than this is no single thing. */
const largest = 0.15;
/** What is known moves a little outside of where it is expected, shadow and all. */
const shadow = 0.3;
/** Where known objects explain more of a motion than all but this, it is theirs as a whole. */
const unexplained = 0.6;
/** Beside what is known, whose place may be wrong by now: a moving thing that nobody knows may be the shadow of one, or water. */
const motionWorth = 0.5;
/** The gate tells motion in blocks: what moves ends about here within its box, shares of the box. */
const slack = 0.08;

export function noDullness({ widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }): Dullness {
  const columns = placesAcross;
  const rows = Math.max(1, Math.round((placesAcross * heightPx) / widthPx));
  return { columns, rows, interest: new Float32Array(columns * rows).fill(1) };
}

/** Time passes: changes `dullness`. */
export function recover({ interest }: Dullness, seconds: number): void {
  const left = 0.5 ** (seconds / recoverySeconds);
  for (let at = 0; at < interest.length; at++) interest[at] = 1 - (1 - interest[at]!) * left;
}

/** What moves, as targets. @param boxes the largest first, in fractions of the frame */
export function motionTargets(boxes: readonly Box[], expected: readonly Expected[], dullness: Dullness): Target[] {
  const targets: Target[] = [];
  for (const box of boxes) {
    if (targets.length === most) break;
    const size = area(box);
    if (size === 0 || size > largest) continue;
    const strange = 1 - explainedShare(box, expected);
    if (strange <= unexplained) continue;
    const worth = motionWorth * strange * interestIn(dullness, box);
    const across = slack * (box[2] - box[0]);
    const down = slack * (box[3] - box[1]);
    const inner: Box = [box[0] + across, box[1] + down, box[2] - across, box[3] - down];
    targets.push({ box: inner, worth, reason: 'motion', views: [] });
  }
  return targets;
}

function explainedShare(box: Box, expected: readonly Expected[]): number {
  let explained = 0;
  for (const {
    box: [x1, y1, x2, y2],
  } of expected) {
    const across = shadow * (x2 - x1);
    const down = shadow * (y2 - y1);
    explained += intersection(box, [x1 - across, y1 - down, x2 + across, y2 + down]);
  }
  return Math.min(1, explained / area(box));
}

/** A look at what moves here showed nothing, or something: changes `dullness`. */
export function looked(dullness: Dullness, box: Box, showedSomething: boolean): void {
  const { interest } = dullness;
  overPlaces(dullness, box, (at) => {
    interest[at] = showedSomething ? 1 : Math.max(leastInterest, interest[at]! * afterNothing);
  });
}

/** The mean over the places of a box. */
function interestIn(dullness: Dullness, box: Box): number {
  let sum = 0;
  let count = 0;
  overPlaces(dullness, box, (at) => {
    sum += dullness.interest[at]!;
    count += 1;
  });
  return count === 0 ? 1 : sum / count;
}

function overPlaces({ columns, rows }: Dullness, [x1, y1, x2, y2]: Box, take: (at: number) => void): void {
  const place = (share: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  for (let row = place(y1, rows); row <= place(y2, rows); row++) {
    for (let column = place(x1, columns); column <= place(x2, columns); column++) take(row * columns + column);
  }
}

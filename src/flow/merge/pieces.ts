/** What the edge of a look cuts: whether it is a piece of something, and what becomes of it. Pure functions. */
import { area, type Box, intersectionOverUnion } from '../../geometry/boxes.ts';
import { extentIn, leastExtent } from '../../geometry/extent-in.ts';
import { shareWithin } from '../../geometry/same-object.ts';
import type { CutSides, Detection } from '../interpret/detection.ts';
import type { LookResult } from './look-result.ts';

/** A side as near as this to the edge of its region, in shares of the region's side, is cut by it. */
const edgeShare = 0.02;
/** A region's edge as near as this to that of the frame cuts nothing that the frame doesn't. */
export const frameEdge = 0.004;
/** A piece lies in its whole by this share of the piece. */
const pieceShare = 0.7;
/** Two pieces of one object reach as high and as low as each other by this overlap. */
const pieceOverlap = 0.6;

/** A look that would show what goes on behind the edge of another shows so much of it, in shares of the piece. */
const beyond = 0.3;
/** A look holds as a whole what lies in it by this share. */
const holdsShare = 0.98;
/** What overlaps a piece by this much may be the whole of it. */
const sameOverlap = 0.5;

/** A detection among those of all looks at a frame. */
export interface Candidate {
  readonly detection: Detection & { readonly box: Box };
  /** Position of its look; of a joined one that of the surer piece. */
  readonly look: number;
  readonly cut: CutSides | undefined;
  /** What is strong is 1 and more, and what is cut counts for less. */
  readonly rank: number;
  /** Put together of the pieces of two looks. */
  readonly isJoined?: true;
}

/** The sides of a box at which the edge of its region cuts it, and not that of the frame. */
export function cutSides([x1, y1, x2, y2]: Box, [left, top, right, bottom]: Box): CutSides | undefined {
  const across = edgeShare * (right - left);
  const down = edgeShare * (bottom - top);
  const cut = {
    ...(left > frameEdge && x1 <= left + across ? { left: true as const } : {}),
    ...(top > frameEdge && y1 <= top + down ? { top: true as const } : {}),
    ...(right < 1 - frameEdge && x2 >= right - across ? { right: true as const } : {}),
    ...(bottom < 1 - frameEdge && y2 >= bottom - down ? { bottom: true as const } : {}),
  };
  return Object.keys(cut).length === 0 ? undefined : cut;
}

/**
 * A piece yields to the whole of it, whatever the scores, and to looks that hold it and what should go on behind the edge, and show
 * nothing there. Pieces of one object that is larger than any region become one.
 */
export function settlePieces(candidates: readonly Candidate[], looks: readonly LookResult[]): Candidate[] {
  const withoutPieces = (all: readonly Candidate[]): Candidate[] =>
    all.filter((one) => !isPieceOfAnother(one, all, looks));
  const believed = withoutPieces(candidates).filter((one) => !isContradicted(one, looks));
  return withoutPieces(joinPieces(believed, looks));
}

/** An object larger than any region: what one look cuts on the right and another on the left becomes one box, unless looks contradict it. */
function joinPieces(candidates: readonly Candidate[], looks: readonly LookResult[]): Candidate[] {
  const all = [...candidates];
  for (let at = 0; at < all.length; at++) {
    for (let other = at + 1; other < all.length; other++) {
      if (all[at]!.cut === undefined) break;
      if (all[other]!.cut === undefined) continue;
      const joint = joined(all[at]!, all[other]!) ?? joined(all[other]!, all[at]!);
      if (joint === undefined || isContradicted(joint, looks)) continue;
      all[at] = joint;
      all.splice(other, 1);
      other = at;
    }
  }
  return all;
}

/** @param low the left or upper piece */
function joined(low: Candidate, high: Candidate): Candidate | undefined {
  if (low.look === high.look || low.detection.label !== high.detection.label) return undefined;
  const a = low.detection.box;
  const b = high.detection.box;
  const isAcross =
    low.cut?.right && high.cut?.left && a[0] < b[0] && b[0] < a[2] && a[2] < b[2] && along(a, b, 1) >= pieceOverlap;
  const isDown =
    low.cut?.bottom && high.cut?.top && a[1] < b[1] && b[1] < a[3] && a[3] < b[3] && along(a, b, 0) >= pieceOverlap;
  if (!isAcross && !isDown) return undefined;
  const better = low.rank >= high.rank ? low : high;
  const sides: CutSides = {
    ...(low.cut?.left ? { left: true } : {}),
    ...(low.cut?.top ? { top: true } : {}),
    ...(high.cut?.right ? { right: true } : {}),
    ...(high.cut?.bottom ? { bottom: true } : {}),
  };
  const cut = Object.keys(sides).length === 0 ? undefined : sides;
  const box: Box = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
  return { ...better, detection: { ...better.detection, box }, cut, isJoined: true };
}

/** Overlap of two boxes along one axis, 0 across and 1 down: intersection over union of their extents. */
function along(a: Box, b: Box, axis: 0 | 1): number {
  const both = Math.min(a[axis + 2]!, b[axis + 2]!) - Math.max(a[axis]!, b[axis]!);
  const either = Math.max(a[axis + 2]!, b[axis + 2]!) - Math.min(a[axis]!, b[axis]!);
  return either > 0 ? both / either : 0;
}

/** Is the whole of it there? */
function isPieceOfAnother(one: Candidate, all: readonly Candidate[], looks: readonly LookResult[]): boolean {
  if (one.cut === undefined) return false;
  return all.some(
    (whole) =>
      whole !== one &&
      whole.look !== one.look &&
      whole.detection.label === one.detection.label &&
      Math.floor(whole.rank) >= Math.floor(one.rank) &&
      (whole.cut === undefined || area(whole.detection.box) > area(one.detection.box)) &&
      shareWithin(one.detection.box, whole.detection.box) >= pieceShare &&
      // Else the whole is another object, which this look would have shown.
      shareWithin(whole.detection.box, looks[one.look]!.area) < holdsShare,
  );
}

/**
 * More looks hold it as a whole, large enough to be seen, and don't show it than do: a piece that looks like another thing, such as half
 * a person, or two neighbours that were joined.
 */
function isContradicted({ detection, look, cut, isJoined }: Candidate, looks: readonly LookResult[]): boolean {
  if (cut === undefined && isJoined !== true) return false;
  const around = withRest(detection.box, cut);
  let [shown, missed] = [0, 0];
  looks.forEach(({ area: of, half, detections }, at) => {
    if (at === look || extentIn(around, of, half !== undefined) < leastExtent || shareWithin(around, of) < holdsShare)
      return;
    const isShown = detections.some(
      ({ label, box }) =>
        box !== undefined &&
        label === detection.label &&
        intersectionOverUnion(box, detection.box) >= sameOverlap &&
        cutSides(box, of) === undefined,
    );
    if (isShown) shown += 1;
    else missed += 1;
  });
  return missed > shown;
}

/** With some of what the edge cuts off. */
function withRest([x1, y1, x2, y2]: Box, cut: CutSides | undefined): Box {
  const across = beyond * (x2 - x1);
  const down = beyond * (y2 - y1);
  return [
    Math.max(0, cut?.left === true ? x1 - across : x1),
    Math.max(0, cut?.top === true ? y1 - down : y1),
    Math.min(1, cut?.right === true ? x2 + across : x2),
    Math.min(1, cut?.bottom === true ? y2 + down : y2),
  ];
}

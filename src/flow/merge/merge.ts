/** From what several looks at parts of one frame found to what is in the frame: nothing twice, nothing halved. Pure functions. */
import { area, type Box, intersectionOverUnion } from '../../geometry/boxes.ts';
import { areOneObject, shareWithin } from '../../geometry/same-object.ts';
import type { CutSides, Detection } from '../interpret/detection.ts';
import { isGroup } from './groups.ts';

/** What one look found. */
export interface LookResult {
  /** The part of the frame that was looked at, in fractions of the frame. */
  readonly area: Box;
  /** Boxes in fractions of the frame. */
  readonly detections: readonly Detection[];
}

export interface MergeOptions {
  /** Below it a detection is weak: it never takes the place of one that is not. */
  readonly minScore: number;
}

/** A side as near as this to the edge of its region, in shares of the region's side, is cut by it. */
const edgeShare = 0.02;
/** A region's edge as near as this to that of the frame cuts nothing that the frame doesn't. */
const frameEdge = 0.004;
/** From this overlap on, their outlines are worth averaging. */
const fuseOverlap = 0.6;
/** A piece lies in its whole by this share of the piece. */
const pieceShare = 0.7;
/** What is cut counts for this much of its score beside what is whole. */
const cutWeight = 0.6;
/** Two pieces of one object reach as high and as low as each other by this overlap. */
const pieceOverlap = 0.6;

interface Candidate {
  readonly detection: Detection & { readonly box: Box };
  readonly look: number;
  readonly cut: CutSides | undefined;
  readonly rank: number;
}

/**
 * Each detection of the result carries the position of its look, and the sides at which the look's edge cuts it. Best score first.
 * What has no box, such as a classification, is handed on as it is.
 */
export function mergeLooks(looks: readonly LookResult[], { minScore }: MergeOptions): Detection[] {
  const [only] = looks;
  if (looks.length === 1 && isWhole(only!.area))
    return only!.detections.map((detection) => ({ ...detection, seenIn: [0] }));
  const boxless: Detection[] = [];
  const candidates: Candidate[] = [];
  looks.forEach(({ area: of, detections }, look) => {
    for (const detection of detections) {
      if (!hasBox(detection)) boxless.push({ ...detection, seenIn: [look] });
      else {
        const cut = cutSides(detection.box, of);
        const rank = detection.score * (cut === undefined ? 1 : cutWeight) + (detection.score >= minScore ? 1 : 0);
        candidates.push({ detection, look, cut, rank });
      }
    }
  });
  const joined = joinPieces(candidates);
  const wholes = joined.filter((one) => !isPieceOfAnother(one, joined, looks));
  const kept: Candidate[] = [];
  const groups: Candidate[][] = [];
  const seenIn = new Map<Candidate, Set<number>>();
  for (const one of wholes.sort((a, b) => b.rank - a.rank)) {
    const better = kept.findIndex((other) => isDouble(one, other));
    if (better < 0) {
      kept.push(one);
      seenIn.set(one, new Set([one.look]));
      groups.push([one]);
    } else {
      if (one.detection.score >= minScore) seenIn.get(kept[better]!)!.add(one.look);
      if (one.cut === undefined && intersectionOverUnion(one.detection.box, kept[better]!.detection.box) >= fuseOverlap)
        groups[better]!.push(one);
    }
  }
  kept.forEach((one, at) => {
    if (one.cut === undefined && groups[at]!.length > 1)
      kept[at] = { ...one, detection: { ...one.detection, box: meanBox(groups[at]!) } };
    kept[at] = { ...kept[at]!, detection: { ...kept[at]!.detection, seenIn: [...seenIn.get(one)!] } };
  });
  // Weak ones don't make a group of what is surely there.
  const members = kept.filter(({ rank }) => rank >= 1).map(({ detection }) => detection);
  const single = kept.filter((one) => !isGroup(one.detection, members));
  const told = single.map(({ detection, cut }): Detection => ({ ...detection, ...(cut === undefined ? {} : { cut }) }));
  return [...told, ...boxless].sort((a, b) => b.score - a.score);
}

const isWhole = ([x1, y1, x2, y2]: Box): boolean =>
  x1 <= frameEdge && y1 <= frameEdge && x2 >= 1 - frameEdge && y2 >= 1 - frameEdge;

const hasBox = (detection: Detection): detection is Detection & { readonly box: Box } => detection.box !== undefined;

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

/** An object larger than any region: what one look cuts on the right and another on the left becomes one box. */
function joinPieces(candidates: readonly Candidate[]): Candidate[] {
  const all = [...candidates];
  for (let at = 0; at < all.length; at++) {
    for (let other = at + 1; other < all.length; other++) {
      if (all[at]!.cut === undefined) break;
      if (all[other]!.cut === undefined) continue;
      const joint = joined(all[at]!, all[other]!) ?? joined(all[other]!, all[at]!);
      if (joint === undefined) continue;
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
  return { ...better, detection: { ...better.detection, box }, cut };
}

/** Overlap of two boxes along one axis, 0 across and 1 down: intersection over union of their extents. */
function along(a: Box, b: Box, axis: 0 | 1): number {
  const both = Math.min(a[axis + 2]!, b[axis + 2]!) - Math.max(a[axis]!, b[axis]!);
  const either = Math.max(a[axis + 2]!, b[axis + 2]!) - Math.min(a[axis]!, b[axis]!);
  return either > 0 ? both / either : 0;
}

/** What the edge of its look cuts yields to the whole of it, whatever the scores. */
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
      shareWithin(whole.detection.box, looks[one.look]!.area) < 0.98,
  );
}

/** Of one object, seen by two looks. Boxes of one look were told apart by the model. */
function isDouble(one: Candidate, better: Candidate): boolean {
  if (one.look === better.look || one.detection.label !== better.detection.label) return false;
  return areOneObject(one.detection.box, better.detection.box);
}

/** Outlines of one object from several looks, the surest counting most. */
function meanBox(group: readonly Candidate[]): Box {
  const weight = group.reduce((sum, { detection }) => sum + detection.score ** 2, 0);
  const side = (at: 0 | 1 | 2 | 3) =>
    group.reduce((sum, { detection }) => sum + detection.score ** 2 * detection.box[at], 0) / weight;
  return [side(0), side(1), side(2), side(3)];
}

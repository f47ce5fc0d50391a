/** From what several looks at parts of one frame found to what is in the frame: nothing twice, nothing halved. Pure functions. */
import { type Box, intersectionOverUnion } from '../../geometry/boxes.ts';
import { areOneObject } from '../../geometry/same-object.ts';
import type { Detection } from '../interpret/detection.ts';
import { isGroup } from './groups.ts';
import type { LookResult } from './look-result.ts';
import { type Candidate, cutSides, frameEdge, settlePieces } from './pieces.ts';

export interface MergeOptions {
  /** Below it a detection is weak: it never takes the place of one that is not. */
  readonly minScore: number;
}

/** From this overlap on, their outlines are worth averaging; below it they may be two who stand close together. */
const fuseOverlap = 0.6;
/** What is cut counts for this much of its score beside what is whole. */
const cutWeight = 0.6;

export interface Merged {
  /** Best score first. */
  readonly detections: Detection[];
  /**
   * What was taken for another sight of one of these, though it doesn't lie on it closely: of people who stand close together it may be
   * the other one.
   */
  readonly doubles: Detection[];
}

/**
 * Each detection of the result carries the position of its look, and the sides at which the look's edge cuts it. What has no box,
 * such as a classification, is handed on as it is.
 */
export function mergeLooks(looks: readonly LookResult[], { minScore }: MergeOptions): Merged {
  const [only] = looks;
  if (looks.length === 1 && isWhole(only!.area))
    return { detections: only!.detections.map((detection) => ({ ...detection, seenIn: [0] })), doubles: [] };
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
  const wholes = settlePieces(candidates, looks);
  const kept: Candidate[] = [];
  const doubles: Detection[] = [];
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
      if (one.cut !== undefined) continue;
      const overlap = intersectionOverUnion(one.detection.box, kept[better]!.detection.box);
      if (overlap >= fuseOverlap) groups[better]!.push(one);
      else doubles.push({ ...one.detection, seenIn: [one.look] });
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
  return { detections: [...told, ...boxless].sort((a, b) => b.score - a.score), doubles };
}

const isWhole = ([x1, y1, x2, y2]: Box): boolean =>
  x1 <= frameEdge && y1 <= frameEdge && x2 >= 1 - frameEdge && y2 >= 1 - frameEdge;

const hasBox = (detection: Detection): detection is Detection & { readonly box: Box } => detection.box !== undefined;

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

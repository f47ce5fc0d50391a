/** Which parts of a frame are worth an inference: the few regions that are expected to show most. A pure function. */
import type { Box } from '../../geometry/boxes.ts';
import { evenRegions, regionOverlap, regionsAround } from './candidates.ts';
import { chanceIn, type PastLook, type Rectangle } from './detectability.ts';
import type { PixelArea, Region, RegionReason } from './region.ts';
import {
  findsIn,
  type GridLayout,
  type GridWindow,
  lookedAt,
  sumsFor,
  sumUp,
  type Unseen,
  windowOf,
} from './search-grid.ts';

/** Something that a look could show, and what that would be worth. */
export interface Target {
  /** Where it should be, in fractions of the frame. */
  readonly box: Box;
  /** Told boxes that a look is expected to save, about 0..1. */
  readonly worth: number;
  readonly reason: 'track' | 'motion';
  /** Looks at it so far, newest first. */
  readonly views: readonly PastLook[];
}

/** What stays the same from frame to frame, worked out once. */
export interface PlanBasis {
  readonly layout: GridLayout;
  /** Side of the smallest region, frame pixels. */
  readonly minSidePx: number;
  readonly even: readonly Candidate[];
}

interface Candidate {
  readonly area: PixelArea;
  readonly window: GridWindow;
}

export interface PlanInput {
  readonly basis: PlanBasis;
  readonly targets: readonly Target[];
  readonly unseen: Unseen;
  /** Looked at in any case, and not counted here: what is in them is worth no other look. */
  readonly taken: readonly PixelArea[];
  /** At most so many regions. */
  readonly limit: number;
}

/** An object found now is told for about so many frames that would miss it otherwise. */
const searchWorth = 3;
/** A region that promises less isn't worth its inference. */
const leastGain = 0.005;
/** Another look at nearly the same pixels shows the same. */
const sameRegion = 0.6;
/** So many targets, those most worth it, get regions of their own. */
const mostCentres = 12;
/** Room around a box, in shares of it: no box is known to the pixel. */
const room = 0.06;

export function planBasis(layout: GridLayout, minSidePx: number): PlanBasis {
  const even = evenRegions(layout, minSidePx).map((area) => ({ area, window: windowOf(layout, area) }));
  return { layout, minSidePx, even };
}

export function planRegions({ basis, targets, unseen, taken, limit }: PlanInput): Region[] {
  const { layout } = basis;
  const rectangles = targets.map(({ box }) => rectangleOf(box, layout));
  const candidates = [...basis.even, ...centred(basis, targets, rectangles)];
  const windows = taken.map((area) => ({ area, window: windowOf(layout, area) }));
  const chances = chancesOf(candidates, targets, rectangles);
  const worths = targets.map(({ worth }) => worth);
  taken.forEach((area) => {
    rectangles.forEach((rectangle, at) => {
      worths[at]! *= 1 - chanceIn(area, rectangle, targets[at]!.views);
    });
  });
  const left = new Float64Array(unseen.length);
  const sums = sumsFor(layout);
  const rest = new Float64Array(targets.length);

  /** The best region beside others. */
  const bestBeside = (others: readonly number[]): number => {
    left.set(unseen);
    rest.set(worths);
    for (const { window } of windows) lookedAt(layout, left, window);
    for (const other of others) {
      lookedAt(layout, left, candidates[other]!.window);
      for (let at = 0; at < rest.length; at++) rest[at]! *= 1 - chances[other * rest.length + at]!;
    }
    sumUp(layout, left, sums);
    let best = -1;
    let most = leastGain;
    for (let one = 0; one < candidates.length; one++) {
      const { area, window } = candidates[one]!;
      let gain = searchWorth * findsIn(layout, sums, window);
      for (let at = 0; at < rest.length; at++) gain += rest[at]! * chances[one * rest.length + at]!;
      if (gain <= most) continue;
      const isKnown =
        others.some((other) => regionOverlap(candidates[other]!.area, area) > sameRegion) ||
        taken.some((other) => regionOverlap(other, area) > sameRegion);
      if (isKnown) continue;
      best = one;
      most = gain;
    }
    return best;
  };

  let chosen: number[] = [];
  while (chosen.length < limit) {
    const best = bestBeside(chosen);
    if (best < 0) break;
    chosen.push(best);
  }
  // The first choices knew nothing of the later ones: each is thought over once more.
  for (let turn = 0; turn < chosen.length && chosen.length > 1; turn++) {
    const [first, ...others] = chosen;
    const best = bestBeside(others);
    chosen = [...others, best < 0 ? first! : best];
  }
  sumUp(layout, unseen, sums);
  return chosen.map((at) => {
    const { area, window } = candidates[at]!;
    return {
      ...area,
      reason: reasonOf(targets, chances.subarray(at * targets.length), searchWorth * findsIn(layout, sums, window)),
    };
  });
}

function centred(
  { layout, minSidePx }: PlanBasis,
  targets: readonly Target[],
  rectangles: readonly Rectangle[],
): Candidate[] {
  const best = targets
    .map(({ worth }, at) => ({ worth, at }))
    .sort((a, b) => b.worth - a.worth)
    .slice(0, mostCentres);
  return best.flatMap(({ at }) =>
    regionsAround(rectangles[at]!, layout, minSidePx).map((area) => ({ area, window: windowOf(layout, area) })),
  );
}

/** The chance of each candidate to show each target, candidate after candidate. */
function chancesOf(
  candidates: readonly Candidate[],
  targets: readonly Target[],
  rectangles: readonly Rectangle[],
): Float64Array {
  const chances = new Float64Array(candidates.length * targets.length);
  let at = 0;
  for (const { area } of candidates) {
    for (let target = 0; target < targets.length; target++) {
      chances[at++] = chanceIn(area, rectangles[target]!, targets[target]!.views);
    }
  }
  return chances;
}

/** In pixels, with a little room around it, within the frame. */
function rectangleOf([x1, y1, x2, y2]: Box, { widthPx, heightPx }: GridLayout): Rectangle {
  const across = room * (x2 - x1);
  const down = room * (y2 - y1);
  const x = (value: number) => Math.min(1, Math.max(0, value)) * widthPx;
  const y = (value: number) => Math.min(1, Math.max(0, value)) * heightPx;
  return { x1: x(x1 - across), y1: y(y1 - down), x2: x(x2 + across), y2: y(y2 + down) };
}

/** What most of the expected gain comes from. */
function reasonOf(targets: readonly Target[], chances: Float64Array, found: number): RegionReason {
  const gains = { track: 0, motion: 0, search: found };
  targets.forEach(({ worth, reason }, at) => {
    gains[reason] += worth * chances[at]!;
  });
  if (gains.search >= gains.track && gains.search >= gains.motion) return 'search';
  return gains.track >= gains.motion ? 'track' : 'motion';
}

/** Which parts of a frame are worth an inference: the few regions that are expected to show most. A pure function. */
import type { Box } from '../../geometry/boxes.ts';
import { evenRegions, regionOverlap, regionsAround, regionsAsBefore, regionsPerCentre } from './candidates.ts';
import { chanceIn, type PastLook, type Rectangle } from './chance-in.ts';
import { evenHalves, halvesAround, halvesAsBefore, halvesPerCentre } from './half-regions.ts';
import type { PixelArea, Region, RegionReason, ShownArea } from './region.ts';
import {
  findsIn,
  type GridLayout,
  type GridWindows,
  lookedAt,
  roomForWindows,
  setWindow,
  sumsFor,
  sumUp,
  type Unseen,
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
  /** How likely it is found, by the share of a region that it takes; absent: as anything. */
  readonly rateOf?: (share: number) => number;
}

/** What stays the same from frame to frame, worked out once, and room to work in. */
export interface PlanBasis {
  readonly layout: GridLayout;
  /** Side of the smallest region, frame pixels. */
  readonly minSidePx: number;
  /** Regions that cover the frame evenly; their windows come first. */
  readonly even: readonly ShownArea[];
  readonly windows: GridWindows;
  /** Windows of regions that are looked at in any case. */
  readonly takenWindows: GridWindows;
  readonly left: Float64Array;
  readonly sums: Float64Array;
}

export interface PlanInput {
  readonly basis: PlanBasis;
  readonly targets: readonly Target[];
  readonly unseen: Unseen;
  /** Looked at in any case, and not counted here: what is in them is worth no other look. */
  readonly taken: readonly PixelArea[];
  /** At most so many inferences. */
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

/** So many looks at a frame are due in any case at most. */
const mostTaken = 4;

export function planBasis(layout: GridLayout, minSidePx: number): PlanBasis {
  const even = [...evenRegions(layout, minSidePx), ...evenHalves(layout, minSidePx)];
  const windows = roomForWindows(layout, even.length + mostCentres * (regionsPerCentre + halvesPerCentre));
  for (const [at, area] of even.entries()) setWindow(layout, windows, at, area);
  return {
    layout,
    minSidePx,
    even,
    windows,
    takenWindows: roomForWindows(layout, mostTaken),
    left: new Float64Array(layout.length),
    sums: sumsFor(layout),
  };
}

export function planRegions({ basis, targets, unseen, taken, limit }: PlanInput): Region[] {
  const { layout, even, windows, takenWindows, left, sums } = basis;
  const rectangles = targets.map(({ box }) => rectangleOf(box, layout));
  const candidates: readonly ShownArea[] = [...even, ...centred(basis, targets, rectangles)];
  for (let one = even.length; one < candidates.length; one++) setWindow(layout, windows, one, candidates[one]!);
  const shows = chancesOf(candidates, targets, rectangles);
  const worths = Float64Array.from(targets, ({ worth }) => worth);
  taken.slice(0, mostTaken).forEach((area, at) => {
    setWindow(layout, takenWindows, at, area);
    rectangles.forEach((rectangle, target) => {
      worths[target]! *= 1 - chanceOf(area, rectangle, targets[target]!);
    });
  });
  const rest = new Float64Array(targets.length);

  /** What is left to see when others are looked at. */
  const lookAt = (others: readonly number[]): void => {
    left.set(unseen);
    rest.set(worths);
    for (let at = 0; at < Math.min(taken.length, mostTaken); at++) lookedAt(layout, left, takenWindows, at);
    for (const other of others) {
      lookedAt(layout, left, windows, other);
      for (let at = shows.from[other]!; at < shows.from[other + 1]!; at++)
        rest[shows.targets[at]!]! *= 1 - shows.chances[at]!;
    }
    sumUp(layout, left, sums);
  };
  const gainOf = (one: number): number => {
    let gain = searchWorth * findsIn(layout, sums, windows, one);
    for (let at = shows.from[one]!; at < shows.from[one + 1]!; at++)
      gain += rest[shows.targets[at]!]! * shows.chances[at]!;
    return gain;
  };

  // Beside others no region gains more than alone: most need no second thought.
  lookAt([]);
  const alone = Float64Array.from(candidates, (_, one) => gainOf(one));
  const order = candidates.map((_, one) => one).filter((one) => alone[one]! > leastGain);
  order.sort((a, b) => alone[b]! - alone[a]!);
  const full: Kind = { order: order.filter((one) => candidates[one]!.half === undefined), leastGain };
  const half: Kind = { order: order.filter((one) => candidates[one]!.half !== undefined), leastGain: leastGain / 2 };

  /**
   * The best region of a kind beside others, at which lookAt() looked last; undefined: none is worth it.
   * @param bounds no region gains more than this; lowered to what is found here
   */
  const bestBeside = (others: readonly number[], kind: Kind, bounds = alone): Choice | undefined => {
    let best: number | undefined;
    let most = kind.leastGain;
    for (const one of kind.order) {
      if (alone[one]! <= most) break;
      if (bounds[one]! <= most) continue;
      const gain = gainOf(one);
      if (bounds !== alone) bounds[one] = gain;
      if (gain <= most) continue;
      const area = candidates[one]!;
      const isKnown =
        others.some((other) => regionOverlap(candidates[other]!, area) > sameRegion) ||
        taken.some((other) => regionOverlap(other, area) > sameRegion);
      if (isKnown) continue;
      best = one;
      most = gain;
    }
    return best === undefined ? undefined : { regions: [best], gain: most };
  };
  /** The best inference beside others: one region, or two that share it. */
  const bestInference = (chosen: readonly Choice[], bounds = alone): Choice | undefined => {
    const others = chosen.flatMap(({ regions }) => regions);
    lookAt(others);
    const one = bestBeside(others, full, bounds);
    const upper = bestBeside(others, half, bounds);
    if (upper === undefined) return one;
    const beside = [...others, ...upper.regions];
    lookAt(beside);
    const lower = bestBeside(beside, half);
    if (lower === undefined) return one;
    const gain = upper.gain + lower.gain;
    return one !== undefined && one.gain >= gain ? one : { regions: [...upper.regions, ...lower.regions], gain };
  };

  let chosen: Choice[] = [];
  // Beside more others a region gains no more than beside fewer.
  const bounds = alone.slice();
  while (chosen.length < limit) {
    const best = bestInference(chosen, bounds);
    if (best === undefined) break;
    chosen.push(best);
  }
  // The first choices knew nothing of the later ones: each is thought over once more.
  for (let turn = 0; turn < chosen.length && chosen.length > 1; turn++) {
    const [first, ...others] = chosen;
    chosen = [...others, bestInference(others) ?? first!];
  }
  lookAt([]);
  return chosen.flatMap(({ regions }) =>
    regions.map((one, at): Region => {
      const found = searchWorth * findsIn(layout, sums, windows, one);
      const half = regions.length === 1 ? undefined : halves[at];
      return { ...candidates[one]!, reason: reasonOf(one, { targets, shows, found }), ...(half && { half }) };
    }),
  );
}

const halves = ['upper', 'lower'] as const;

/** Regions that fill an input, or half of it: those that promise something, the most promising first. */
interface Kind {
  readonly order: readonly number[];
  /** What promises less isn't worth its share of an inference. */
  readonly leastGain: number;
}

/** An inference to choose. */
interface Choice {
  /** One candidate, or two that share the input. */
  readonly regions: readonly number[];
  readonly gain: number;
}

function centred(
  { layout, minSidePx }: PlanBasis,
  targets: readonly Target[],
  rectangles: readonly Rectangle[],
): ShownArea[] {
  const best = targets
    .map(({ worth }, at) => ({ worth, at }))
    .sort((a, b) => b.worth - a.worth)
    .slice(0, mostCentres);
  return best.flatMap(({ at }) => [
    ...regionsAsBefore(rectangleOf(targets[at]!.box, layout, 0), targets[at]!.views, layout),
    ...regionsAround(rectangles[at]!, layout, minSidePx),
    ...halvesAsBefore(rectangleOf(targets[at]!.box, layout, 0), targets[at]!.views, layout),
    ...halvesAround(rectangles[at]!, layout, minSidePx),
  ]);
}

/** Which candidates show which targets: most show few. */
interface Shows {
  /** Where the targets of each candidate begin; one more than there are candidates. */
  readonly from: Int32Array;
  readonly targets: Int32Array;
  readonly chances: Float64Array;
}

function chancesOf(
  candidates: readonly ShownArea[],
  targets: readonly Target[],
  rectangles: readonly Rectangle[],
): Shows {
  const from = new Int32Array(candidates.length + 1);
  const shown = new Int32Array(candidates.length * targets.length);
  const chances = new Float64Array(shown.length);
  let count = 0;
  for (let one = 0; one < candidates.length; one++) {
    for (let target = 0; target < targets.length; target++) {
      const chance = chanceOf(candidates[one]!, rectangles[target]!, targets[target]!);
      if (chance <= 0) continue;
      shown[count] = target;
      chances[count] = chance;
      count += 1;
    }
    from[one + 1] = count;
  }
  return { from, targets: shown, chances };
}

function chanceOf(region: ShownArea, rectangle: Rectangle, { views, rateOf }: Target): number {
  return chanceIn(region, rectangle, views, rateOf);
}

/** In pixels, with a little room around it, within the frame. @param around the room, in shares of the box */
function rectangleOf([x1, y1, x2, y2]: Box, { widthPx, heightPx }: GridLayout, around = room): Rectangle {
  const across = around * (x2 - x1);
  const down = around * (y2 - y1);
  const x = (value: number) => Math.min(1, Math.max(0, value)) * widthPx;
  const y = (value: number) => Math.min(1, Math.max(0, value)) * heightPx;
  return { x1: x(x1 - across), y1: y(y1 - down), x2: x(x2 + across), y2: y(y2 + down) };
}

/** What most of the expected gain comes from. */
function reasonOf(
  one: number,
  { targets, shows, found }: { targets: readonly Target[]; shows: Shows; found: number },
): RegionReason {
  const gains = { track: 0, motion: 0 };
  for (let at = shows.from[one]!; at < shows.from[one + 1]!; at++) {
    const { worth, reason } = targets[shows.targets[at]!]!;
    gains[reason] += worth * shows.chances[at]!;
  }
  if (found >= gains.track && found >= gains.motion) return 'search';
  return gains.track >= gains.motion ? 'track' : 'motion';
}

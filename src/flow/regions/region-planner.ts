/** What is to be looked at in the frames of one camera: remembers where was looked, what was found where, and what is still owed. */
import { type Box, intersection } from '../../geometry/boxes.ts';
import { wholeLooks } from './candidates.ts';
import { chanceIn } from './chance-in.ts';
import { type Dullness, looked, motionTargets, noDullness, recover } from './motion-targets.ts';
import { type PlanBasis, planBasis, planRegions } from './plan.ts';
import { inferencesOf, type PixelArea, type Region } from './region.ts';
import { gridLayout, grow, lookedAt, nothingSeen, setWindow, type Unseen } from './search-grid.ts';
import { learnRates, noRates, type ShownRates, shownRates } from './shown-rates.ts';
import { learnSizes, noSizes, type SizeMap, sizeWeights } from './size-map.ts';
import { type Expected, trackTargets } from './targets.ts';
import { tilesOf } from './tiles.ts';

export interface PlannerSettings {
  /** Side of the smallest region, frame pixels. */
  readonly minSidePx: number;
  /** The whole frame is looked at this often, whatever else there is. */
  readonly wholeFrameMs: number;
}

/** Where something moved. */
export interface SeenMotion {
  /** In fractions of the upright frame. */
  readonly boxes: readonly Box[];
  /** All of the picture changed at once: the boxes say nothing. */
  readonly all: boolean;
}

export interface Moment {
  /** Size of the upright frame. */
  readonly frame: { readonly widthPx: number; readonly heightPx: number };
  /** performance.now() ms. */
  readonly nowMs: number;
  /** What the tracker expects in the frame. */
  readonly expected: readonly Expected[];
  /** What moved in the frame; absent: nobody knows. See Motion of gate/. */
  readonly motion?: SeenMotion | undefined;
  /** At most so many inferences, at least one. */
  readonly limit: number;
}

/**
 * One of so many looks goes to the next of even tiles, whatever is expected there: what is expected is learnt from what was found, and
 * a model that doesn't find a thing in one region doesn't find it in the same region again.
 */
const looksEachSweep = 20;
/** Sides of these tiles, in smallest ones. */
const sweepSide = 1.5;

/** While everything moves, such as in front of a camera that shakes, the whole frame is looked at no more often than this. */
const leastWholeMs = 1000;

export class RegionPlanner {
  readonly #settings: PlannerSettings;
  #basis: PlanBasis | undefined;
  #unseen: Unseen = new Float64Array(0);
  #weights = new Float64Array(0);
  #sizes: SizeMap | undefined;
  /** By label: as many as are followed. */
  readonly #rates = new Map<string, ShownRates>();
  #lastMs = 0;
  /** Looks at the whole frame that are due, and since when the last one was begun. */
  #owed: PixelArea[] = [];
  #wholeMs = Number.NEGATIVE_INFINITY;
  /** Tiles of the sweep, the next one of them, and looks since the last. */
  #tiles: readonly PixelArea[] = [];
  #nextTile = 0;
  #looksSinceSweep = 0;
  #dullness: Dullness | undefined;
  /** What moved and was looked at in the last frame. */
  #watched: readonly Box[] = [];

  constructor(settings: PlannerSettings) {
    this.#settings = settings;
  }

  /** @returns at least one region, each within the frame */
  plan({ frame, nowMs, expected, motion, limit }: Moment): Region[] {
    const { layout } = this.#fit(frame, nowMs);
    sizeWeights(this.#sizes!, this.#weights);
    const inView = expected.filter(({ confirmed }) => confirmed).length;
    const seconds = Math.max(0, nowMs - this.#lastMs) / 1000;
    grow(this.#unseen, { seconds, inView, weights: this.#weights });
    recover(this.#dullness!, seconds);
    for (const { label, confirmed, views } of expected)
      if (confirmed) learnRates(this.#ratesOf(label), views, this.#lastMs);
    this.#lastMs = nowMs;
    const isDue = nowMs - this.#wholeMs >= this.#settings.wholeFrameMs;
    const isNewLight = motion?.all === true && nowMs - this.#wholeMs >= leastWholeMs;
    if (this.#owed.length === 0 && (isDue || isNewLight)) {
      this.#owed = wholeLooks(frame);
      this.#wholeMs = nowMs;
    }
    const whole = this.#owed.splice(0, limit).map((area): Region => ({ ...area, reason: 'whole' }));
    if (whole.length === 0 && this.#looksSinceSweep >= looksEachSweep) whole.push(this.#sweep());
    const moving = motion === undefined || motion.all ? [] : motionTargets(motion.boxes, expected, this.#dullness!);
    const planned = planRegions({
      basis: this.#basis!,
      targets: [...trackTargets(expected, this.#ratesNow(expected)), ...moving],
      unseen: this.#unseen,
      taken: whole,
      limit: limit - whole.length,
    });
    const regions = whole.length + planned.length > 0 ? [...whole, ...planned] : [this.#anywhere(frame)];
    this.#looksSinceSweep += inferencesOf(regions).length;
    for (const region of regions) {
      setWindow(layout, this.#basis!.takenWindows, 0, region);
      lookedAt(layout, this.#unseen, this.#basis!.takenWindows, 0);
    }
    this.#watched = moving
      .filter(({ box }) => regions.some((region) => isWatched(box, region, frame)))
      .map(({ box }) => box);
    return regions;
  }

  #ratesOf(label: string): ShownRates {
    const known = this.#rates.get(label);
    if (known !== undefined) return known;
    const rates = noRates();
    this.#rates.set(label, rates);
    return rates;
  }

  /** For each label of this frame. */
  #ratesNow(expected: readonly Expected[]): (label: string) => (share: number) => number {
    const labels = new Set(expected.map(({ label }) => label));
    const rates = new Map([...labels].map((label) => [label, shownRates(this.#ratesOf(label))]));
    return (label) => rates.get(label)!;
  }

  #sweep(): Region {
    this.#looksSinceSweep = 0;
    const tile = this.#tiles[this.#nextTile % this.#tiles.length]!;
    this.#nextTile += 1;
    return { ...tile, reason: 'search' };
  }

  /** Nothing is worth a look: the whole frame is as good as any part of it. */
  #anywhere(frame: Moment['frame']): Region {
    return { ...wholeLooks(frame)[0]!, reason: 'whole' };
  }

  /** Takes in what was surely seen as a whole. */
  learn(boxes: readonly Box[]): void {
    if (this.#basis === undefined) return;
    learnSizes(this.#sizes!, this.#basis.layout, boxes);
    for (const place of this.#watched)
      looked(
        this.#dullness!,
        place,
        boxes.some((box) => intersection(box, place) > 0),
      );
    this.#watched = [];
  }

  /** Frames of another size begin anew. */
  #fit(frame: Moment['frame'], nowMs: number): PlanBasis {
    const before = this.#basis?.layout;
    if (this.#basis !== undefined && before?.widthPx === frame.widthPx && before.heightPx === frame.heightPx)
      return this.#basis;
    const layout = gridLayout(frame, this.#settings.minSidePx);
    this.#basis = planBasis(layout, this.#settings.minSidePx);
    this.#unseen = nothingSeen(layout);
    this.#weights = new Float64Array(layout.length);
    this.#sizes = noSizes(layout);
    this.#dullness = noDullness(frame);
    this.#tiles = tilesOf(frame, sweepSide * this.#settings.minSidePx);
    this.#watched = [];
    this.#lastMs = nowMs;
    this.#wholeMs = Number.NEGATIVE_INFINITY;
    this.#owed = [];
    return this.#basis;
  }
}

/** Would this region show what moves here? */
function isWatched([x1, y1, x2, y2]: Box, region: PixelArea, { widthPx, heightPx }: Moment['frame']): boolean {
  const object = { x1: x1 * widthPx, y1: y1 * heightPx, x2: x2 * widthPx, y2: y2 * heightPx };
  return chanceIn(region, object, []) >= fairChance;
}

/** A look that shows a thing less likely than this proves nothing when it doesn't. */
const fairChance = 0.3;

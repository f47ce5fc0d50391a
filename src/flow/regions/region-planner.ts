/** What is to be looked at in the frames of one camera: remembers where was looked, what was found where, and what is still owed. */
import type { Box } from '../../geometry/boxes.ts';
import { wholeLooks } from './candidates.ts';
import { type PlanBasis, planBasis, planRegions } from './plan.ts';
import type { PixelArea, Region } from './region.ts';
import { gridLayout, grow, lookedAt, nothingSeen, type Unseen, windowOf } from './search-grid.ts';
import { learnSizes, noSizes, type SizeMap, sizeWeights } from './size-map.ts';
import { type Expected, trackTargets } from './targets.ts';

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
  /** At most so many regions, at least one. */
  readonly limit: number;
}

export class RegionPlanner {
  readonly #settings: PlannerSettings;
  #basis: PlanBasis | undefined;
  #unseen: Unseen = new Float64Array(0);
  #weights = new Float64Array(0);
  #sizes: SizeMap | undefined;
  #lastMs = 0;
  /** Looks at the whole frame that are due, and since when the last one was begun. */
  #owed: PixelArea[] = [];
  #wholeMs = Number.NEGATIVE_INFINITY;

  constructor(settings: PlannerSettings) {
    this.#settings = settings;
  }

  /** @returns at least one region, each within the frame */
  plan({ frame, nowMs, expected, limit }: Moment): Region[] {
    const { layout } = this.#fit(frame, nowMs);
    sizeWeights(this.#sizes!, this.#weights);
    const inView = expected.filter(({ confirmed }) => confirmed).length;
    grow(this.#unseen, { seconds: Math.max(0, nowMs - this.#lastMs) / 1000, inView, weights: this.#weights });
    this.#lastMs = nowMs;
    if (this.#owed.length === 0 && nowMs - this.#wholeMs >= this.#settings.wholeFrameMs) {
      this.#owed = wholeLooks(frame);
      this.#wholeMs = nowMs;
    }
    const whole = this.#owed.splice(0, limit).map((area): Region => ({ ...area, reason: 'whole' }));
    const planned = planRegions({
      basis: this.#basis!,
      targets: trackTargets(expected),
      unseen: this.#unseen,
      taken: whole,
      limit: limit - whole.length,
    });
    const regions = [...whole, ...planned];
    for (const region of regions) lookedAt(layout, this.#unseen, windowOf(layout, region));
    return regions;
  }

  /** Takes in what was surely seen as a whole. */
  learn(boxes: readonly Box[]): void {
    if (this.#basis !== undefined) learnSizes(this.#sizes!, this.#basis.layout, boxes);
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
    this.#lastMs = nowMs;
    this.#wholeMs = Number.NEGATIVE_INFINITY;
    this.#owed = [];
    return this.#basis;
  }
}

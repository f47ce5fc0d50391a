/**
 * The second stage of one camera: while frames go on, a few crops a second are looked at by further models, and what these
 * say is voted over the life of each event.
 */

import type { SecondStageConfig } from '../../config/second-stage-section.ts';
import type { Box } from '../../geometry/boxes.ts';
import type { Frame } from '../capture/frame.ts';
import type { Detection, Detections, Estimate } from '../interpret/detection.ts';
import type { Tensor } from '../preprocess/tensor.ts';
import { castVote, type EstimateVotes, noVotes, votedEstimates } from '../track/estimate-votes.ts';
import type { Event, TrackedDetection } from '../track/event.ts';
import { type CropCandidate, chooseCrops, createCropBudget, cropQuality } from './crop-choice.ts';
import { type CropEstimator, looksAt } from './crop-estimator.ts';

export interface SecondStageOptions {
  readonly config: SecondStageConfig;
  /** One for each of config.models, in their order; none: there is no second stage, and everything stays as it is. */
  readonly estimators: readonly CropEstimator[];
  /** A crop was skipped. */
  onError(error: unknown): void;
  /** Time of cutting one crop out of its frame, and of looking at it with the wait for its turn. */
  measure(stage: 'crop' | 'estimate', ms: number): void;
  /** Time of the worker that one crop took, which its frames don't have. */
  spent?(ms: number): void;
  readonly now?: () => number;
}

/** What one model said of one event so far. */
interface Opinion {
  votes: EstimateVotes;
  crops: number;
  bestQuality: number;
}

/** An event that goes on. */
interface Life {
  event: Event;
  opinions: Opinion[];
  estimates: readonly Estimate[];
}

interface Cut {
  readonly choice: CropCandidate;
  readonly estimator: CropEstimator;
  readonly crop: Tensor;
}

export class SecondStage {
  readonly #options: SecondStageOptions;
  readonly #estimators: CropEstimator[];
  readonly #lives = new Map<string, Life>();
  readonly #budget: ReturnType<typeof createCropBudget>;
  readonly #now: () => number;
  readonly #listeners: ((event: Event) => void)[] = [];
  #work: Promise<void> | undefined;

  constructor(options: SecondStageOptions) {
    this.#options = options;
    this.#estimators = [...options.estimators];
    this.#budget = createCropBudget(options.config.maxCropsPerSecond);
    this.#now = options.now ?? (() => performance.now());
  }

  /** An event whose estimates changed noticeably between two frames. */
  onUpdate(listener: (event: Event) => void): void {
    this.#listeners.push(listener);
  }

  /** The tracker's events with their estimates. Every event must come through here. */
  annotate(events: readonly Event[]): readonly Event[] {
    return this.#estimators.length === 0 ? events : events.map((event) => this.#annotate(event));
  }

  /**
   * Adds what is known to the detections, and takes crops of this frame where budget and worker allow. The frame's own
   * detections never wait for it: what a crop shows is known with later ones. Holds the frame until its crops are cut.
   */
  see(seen: Detections, tracked: readonly TrackedDetection[], frame: Frame): Detections {
    if (this.#estimators.length === 0) return seen;
    const detections = this.#withEstimates(seen, tracked);
    const left = this.#work === undefined ? this.#budget.left(this.#now()) : 0;
    const chosen = left > 0 ? chooseCrops(this.#candidates(seen, tracked), left) : [];
    if (chosen.length > 0) {
      this.#work = this.#estimate(frame, chosen).finally(() => {
        this.#work = undefined;
      });
    }
    return detections;
  }

  /**
   * Another model takes a place, from the next crop on. Votes for the old one are dropped.
   * @returns settles when the old one is asked nothing any more
   */
  use(position: number, estimator: CropEstimator): Promise<void> {
    const old = this.#estimators[position]!;
    this.#estimators[position] = estimator;
    for (const life of this.#lives.values()) life.opinions[position] = noOpinion();
    return old.idle();
  }

  /** Resolves when no crop is at work any more. */
  async stop(): Promise<void> {
    await this.#work;
  }

  #annotate(event: Event): Event {
    const life = this.#lives.get(event.id) ?? { event, opinions: this.#estimators.map(noOpinion), estimates: [] };
    const annotated = life.estimates.length === 0 ? event : { ...event, estimates: life.estimates };
    life.event = annotated;
    if (event.type === 'end') this.#lives.delete(event.id);
    else this.#lives.set(event.id, life);
    return annotated;
  }

  #withEstimates(seen: Detections, tracked: readonly TrackedDetection[]): Detections {
    const known = new Map(tracked.map(({ id, detection }) => [detection, this.#lives.get(id)?.estimates ?? []]));
    if ([...known.values()].every((estimates) => estimates.length === 0)) return seen;
    const detections = seen.detections.map((detection, position): Detection => {
      const estimates = known.get(position) ?? [];
      return estimates.length === 0 ? detection : { ...detection, estimates };
    });
    return { ...seen, detections };
  }

  #candidates(seen: Detections, tracked: readonly TrackedDetection[]): CropCandidate[] {
    return tracked.flatMap(({ id, detection }) => {
      const life = this.#lives.get(id);
      const { label, score, box } = seen.detections[detection]!;
      if (life === undefined || box === undefined) return [];
      const longerPx = longerSide(box, seen);
      return this.#estimators.flatMap(({ config, sidePx }, stage): CropCandidate[] => {
        if (!looksAt(config, label) || longerPx < config.minBoxPx) return [];
        const { crops, bestQuality } = life.opinions[stage]!;
        const quality = cropQuality(score, longerPx, sidePx);
        return [{ id, box, stage, quality, crops, bestQuality, changes: config.halfLifeMs !== undefined }];
      });
    });
  }

  async #estimate(frame: Frame, chosen: readonly CropCandidate[]): Promise<void> {
    frame.retain();
    let cuts: Cut[];
    try {
      cuts = await this.#cut(frame, chosen);
    } finally {
      frame.release();
    }
    await this.#look(cuts);
  }

  async #cut(frame: Frame, chosen: readonly CropCandidate[]): Promise<Cut[]> {
    const cuts: Cut[] = [];
    for (const choice of chosen) {
      const fromMs = this.#now();
      this.#budget.spend(fromMs);
      const estimator = this.#estimators[choice.stage]!;
      try {
        cuts.push({ choice, estimator, crop: await estimator.cut(frame, choice.box) });
      } catch (error) {
        this.#options.onError(error);
      }
      this.#options.measure('crop', this.#now() - fromMs);
    }
    return cuts;
  }

  /** One inference after the other: between two of them the engine gives a waiting frame its turn. */
  async #look(cuts: readonly Cut[]): Promise<void> {
    for (const { choice, estimator, crop } of cuts) {
      const fromMs = this.#now();
      try {
        this.#count(choice, estimator, await estimator.estimate(crop, (ms) => this.#options.spent?.(ms)));
      } catch (error) {
        this.#options.onError(error);
      }
      this.#options.measure('estimate', this.#now() - fromMs);
    }
  }

  #count({ id, stage, quality }: CropCandidate, estimator: CropEstimator, estimates: readonly Estimate[]): void {
    const life = this.#lives.get(id);
    // The event has ended meanwhile, or another model is in use.
    if (life === undefined || this.#estimators[stage] !== estimator) return;
    const { halfLifeMs } = estimator.config;
    const { votes, crops, bestQuality } = life.opinions[stage]!;
    life.opinions[stage] = {
      votes: castVote(votes, { estimates, quality, atMs: this.#now(), halfLifeMs }),
      crops: crops + 1,
      bestQuality: Math.max(bestQuality, quality),
    };
    const before = life.estimates;
    life.estimates = life.opinions.flatMap((opinion, at) =>
      votedEstimates(opinion.votes, this.#estimators[at]!.config.minScore),
    );
    if (!isNoticeable(before, life.estimates)) return;
    life.event = { ...life.event, type: 'update', estimates: life.estimates };
    for (const listener of this.#listeners) listener(life.event);
  }
}

function noOpinion(): Opinion {
  return { votes: noVotes, crops: 0, bestQuality: 0 };
}

function longerSide([x1, y1, x2, y2]: Box, { frameWidthPx, frameHeightPx }: Detections): number {
  return Math.max((x2 - x1) * frameWidthPx, (y2 - y1) * frameHeightPx);
}

/** A number that moves by less, as a share of itself, is not told between two other updates. */
const noticeableShare = 0.1;

function isNoticeable(before: readonly Estimate[], after: readonly Estimate[]): boolean {
  if (before.length !== after.length) return true;
  return after.some(({ name, value }) => {
    const old = before.find((one) => one.name === name)?.value;
    if (typeof old !== 'number' || typeof value !== 'number') return old !== value;
    return Math.abs(value - old) > noticeableShare * Math.abs(old);
  });
}

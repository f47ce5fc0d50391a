/** How many inferences one frame may take: what this machine does, shared among the cameras that look now. */

/** Frames are to be looked at this often, if the camera gives so many: below it a tracker takes one for another. */
const leastPerSecond = 5;
/** A camera that hasn't looked for this long takes no share. */
const idleAfterMs = 2000;
/** Weight of the newest frame in the running average of what an inference takes. */
const smoothing = 0.2;
/** Most inferences a frame where the configuration doesn't say: more than these show little more on a street with twenty people. */
export const usualMost = { cpu: 4, edgetpu: 8 } as const;

interface Share {
  /** What one inference takes, ms; undefined: nobody knows yet. */
  costMs: number | undefined;
  askedMs: number;
}

export interface BudgetQuestion {
  readonly camera: string;
  /** performance.now() ms. */
  readonly nowMs: number;
  /** From one frame of the camera to the next, ms; 0: not known. */
  readonly intervalMs: number;
  /** Never more than this. */
  readonly most: number;
}

export interface Time {
  /** What one inference takes, ms. */
  readonly costMs: number;
  /** From one frame to the next, ms; 0: not known. */
  readonly intervalMs: number;
  /** Cameras that share the time, this one among them. */
  readonly cameras: number;
  /** Of the time that is left for frames, 0..1. */
  readonly share?: number;
}

/** Inferences that there is time for between two frames, without bounds: 0 where not even one is done in time. */
export function inferencesWithin({ costMs, intervalMs, cameras, share = 1 }: Time): number {
  const windowMs = Math.max(intervalMs, 1000 / leastPerSecond);
  return Math.floor((windowMs * share) / (cameras * costMs) + 1e-6);
}

export class InferenceBudget {
  readonly #shares = new Map<string, Share>();
  #cropMs = 0;
  #cropAtMs = 0;

  /** @returns at least 1: newest frame wins, so that a slow machine looks at fewer frames */
  allowed({ camera, nowMs, intervalMs, most }: BudgetQuestion): number {
    const share = this.#shareOf(camera);
    share.askedMs = nowMs;
    // How long it takes is known after the first.
    if (share.costMs === undefined) return 1;
    const cameras = [...this.#shares.values()].filter(({ askedMs }) => nowMs - askedMs <= idleAfterMs).length;
    const left = 1 - Math.min(0.8, this.#cropsNow(nowMs) / 1000);
    return Math.max(1, Math.min(most, inferencesWithin({ costMs: share.costMs, intervalMs, cameras, share: left })));
  }

  /** What a frame took. @param ms of all its inferences */
  took(camera: string, { ms, inferences }: { ms: number; inferences: number }): void {
    if (inferences === 0) return;
    const share = this.#shareOf(camera);
    const costMs = Math.max(0.1, ms / inferences);
    share.costMs = share.costMs === undefined ? costMs : share.costMs + smoothing * (costMs - share.costMs);
  }

  /** An inference that looked at a crop, which draws on the same worker. */
  tookCrop(ms: number, nowMs: number): void {
    this.#cropMs = this.#cropsNow(nowMs) + ms;
    this.#cropAtMs = nowMs;
  }

  /** What one inference of a camera takes now, ms. */
  costMs(camera: string): number | undefined {
    return this.#shares.get(camera)?.costMs;
  }

  /** Time that crops took of the last second, fading. */
  #cropsNow(nowMs: number): number {
    return this.#cropMs * Math.exp(-Math.max(0, nowMs - this.#cropAtMs) / 1000);
  }

  #shareOf(camera: string): Share {
    const found = this.#shares.get(camera) ?? { costMs: undefined, askedMs: Number.NEGATIVE_INFINITY };
    this.#shares.set(camera, found);
    return found;
  }
}

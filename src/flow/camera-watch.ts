/** What is known of one camera while it runs: frames and times counted, its health, and when its last inference was. */
import type { CameraConfig } from '../config/camera-section.ts';
import { isExpected, sentence } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { createFrameStatistics, type FrameSummary } from '../system/measure/frame-statistics.ts';
import { createStageStatistics, type StageSummary } from '../system/measure/stage-statistics.ts';
import type { Health } from '../system/service/health.ts';
import type { CameraStatus } from './capture/camera.ts';
import type { Frame } from './capture/frame.ts';
import type { Detections } from './interpret/detection.ts';
import type { PipelineWatch, StageName } from './pipeline.ts';

export interface CameraWatchOptions {
  readonly name: string;
  readonly config: Pick<CameraConfig, 'stallTimeoutMs'>;
  readonly health: Pick<Health, 'report' | 'progress'>;
  readonly logger: Logger;
}

export interface CameraSummary {
  readonly status: CameraStatus;
  readonly frames: FrameSummary;
  /** Frames that could not be decoded. */
  readonly corruptTotal: number;
  readonly stages: Record<string, StageSummary>;
}

/** Beyond its own stall timeout a camera has this long to report what it does about it. */
const stallGraceMs = 60_000;
/** The same trouble with frames is logged once in this time. */
const troubleIntervalMs = 10_000;

export class CameraWatch implements PipelineWatch {
  readonly #options: CameraWatchOptions;
  readonly #part: string;
  readonly #frames = createFrameStatistics();
  readonly #stages = createStageStatistics();
  #status: CameraStatus = { state: 'starting', detail: 'not started' };
  #corruptTotal = 0;
  #lastTroubleMs = Number.NEGATIVE_INFINITY;
  #lastInferenceMs = Number.NEGATIVE_INFINITY;
  #inferenceIntervalMs = 0;

  constructor(options: CameraWatchOptions) {
    this.#options = options;
    this.#part = `camera/${options.name}`;
  }

  /** True when the last inference is longer ago than this camera's pace explains. */
  isBlind(nowMs: number): boolean {
    const patienceMs = Math.max(this.#options.config.stallTimeoutMs, 3 * this.#inferenceIntervalMs);
    return nowMs - this.#lastInferenceMs > patienceMs;
  }

  summary(): CameraSummary {
    return {
      status: this.#status,
      frames: this.#frames.snapshot(),
      corruptTotal: this.#corruptTotal,
      stages: this.#stages.snapshot(),
    };
  }

  /** Takes the camera's new status. @returns the one before */
  status(status: CameraStatus): CameraStatus {
    const { health, logger, config } = this.#options;
    const before = this.#status;
    if (status.state !== before.state || status.detail !== before.detail) {
      if (status.state === 'reconnecting') logger.warn(status.detail);
      else logger.info(`${status.state}: ${status.detail}`);
    }
    this.#status = status;
    const owesNothing = status.state === 'ended' || status.state === 'stopped';
    const waitUntilMs = owesNothing ? Number.POSITIVE_INFINITY : status.waitUntilMs;
    health.report(this.#part, {
      state: status.state,
      detail: status.detail,
      stallAfterMs: config.stallTimeoutMs + stallGraceMs,
      ...(waitUntilMs === undefined ? {} : { waitUntilMs }),
    });
    return before;
  }

  /** A frame came from the camera. */
  captured(): void {
    this.#options.health.progress(this.#part);
  }

  dropped(): void {
    this.#frames.dropped();
  }

  /** Nothing moved, so this counts as a look that showed what the last one did. */
  skipped({ monotonicMs }: Frame): void {
    this.#frames.frame();
    this.#lastInferenceMs = Math.max(this.#lastInferenceMs, monotonicMs);
  }

  inferred({ monotonicMs }: Detections): void {
    this.#frames.frame();
    if (Number.isFinite(this.#lastInferenceMs)) this.#inferenceIntervalMs = monotonicMs - this.#lastInferenceMs;
    this.#lastInferenceMs = monotonicMs;
    this.#options.health.progress('worker');
  }

  measured(stage: StageName, ms: number): void {
    this.#stages.record(stage, ms);
  }

  /** A bad frame or a missing backend costs this frame; anything else is a bug and ends the process. */
  failed(error: unknown, stage: 'preprocess' | 'infer' | 'crop'): void {
    if (!isExpected(error)) throw error;
    if (stage === 'preprocess') this.#corruptTotal += 1;
    const nowMs = performance.now();
    if (nowMs - this.#lastTroubleMs < troubleIntervalMs) return;
    this.#lastTroubleMs = nowMs;
    this.#options.logger.warn(`${stage === 'crop' ? 'crop' : 'frame'} skipped: ${sentence(error)}`);
  }
}

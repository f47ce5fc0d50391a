/** One camera with everything behind it: its pipeline, its tracker, its statistics, its health. */

import type { CameraConfig } from '../config/camera-section.ts';
import { isExpected, sentence } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Model } from '../models/model.ts';
import { createFrameStatistics, type FrameSummary } from '../system/measure/frame-statistics.ts';
import { createStageStatistics, type StageSummary } from '../system/measure/stage-statistics.ts';
import type { Health } from '../system/service/health.ts';
import type { Camera, CameraStatus } from './capture/camera.ts';
import type { Frame } from './capture/frame.ts';
import type { Rules } from './decide/rules.ts';
import { createGateWatch, type GateWatch } from './gate-watch.ts';
import type { Engine, LoadedModel } from './infer/engine.ts';
import type { Detections } from './interpret/detection.ts';
import { createModelRunner } from './model-runner.ts';
import { type ModelRunner, Pipeline, type PipelineStages } from './pipeline.ts';
import type { CropEstimator } from './second-stage/crop-estimator.ts';
import { SecondStage } from './second-stage/second-stage.ts';
import type { EndReason } from './track/event.ts';
import { followedLabels } from './track/followed-labels.ts';
import type { Tracker, TrackResult } from './track/tracker.ts';

/** Beyond its own stall timeout a camera has this long to report what it does about it. */
const stallGraceMs = 60_000;
/** The same trouble with frames is told once in this time. */
const troubleIntervalMs = 10_000;

export interface CameraFlowParts {
  readonly name: string;
  readonly config: CameraConfig;
  readonly camera: Camera;
  readonly tracker: Tracker;
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
  /** One for each of config.secondStage.models. */
  readonly estimators: readonly CropEstimator[];
  readonly rules: Rules;
  readonly act: PipelineStages['act'];
  readonly look: NonNullable<PipelineStages['look']>;
  readonly publish: PipelineStages['publish'];
  readonly health: Health;
  readonly logger: Logger;
}

export interface CameraReport {
  readonly state: CameraStatus['state'];
  readonly detail: string;
  readonly source: string;
  readonly model: string;
  readonly frames: FrameSummary;
  readonly corruptTotal: number;
  readonly restartsTotal: number;
  /** Frames that the motion gate held back. */
  readonly skippedTotal: number;
  readonly stages: Record<string, StageSummary>;
}

export class CameraFlow {
  readonly #parts: CameraFlowParts;
  readonly #pipeline: Pipeline;
  #runner: ModelRunner;
  #model: Model;
  #loaded: LoadedModel;
  #thresholds: Pick<CameraConfig, 'fit' | 'minScore' | 'maxDetections'>;
  readonly #secondStage: SecondStage | undefined;
  readonly #tracker: Tracker;
  readonly #gate: GateWatch | undefined;
  readonly #frames = createFrameStatistics();
  readonly #stages = createStageStatistics();
  #status: CameraStatus = { state: 'starting', detail: 'not started' };
  #corruptTotal = 0;
  #lastTroubleMs = Number.NEGATIVE_INFINITY;
  #lastInferenceMs = Number.NEGATIVE_INFINITY;
  #inferenceIntervalMs = 0;
  #followed: Pick<CameraConfig, 'labels' | 'minScore' | 'holdMs'>;

  constructor(parts: CameraFlowParts) {
    this.#parts = parts;
    this.#followed = parts.config;
    this.#model = parts.model;
    this.#loaded = parts.loaded;
    this.#thresholds = parts.config;
    this.#secondStage = this.#createSecondStage();
    this.#tracker = this.#secondStage?.follow(parts.tracker) ?? parts.tracker;
    const { name, config, health, rules, act, look, publish } = parts;
    const gate = createGateWatch({ camera: name, config, health, onSkip: (frame) => this.#onSkip(frame) });
    this.#gate = gate;
    const secondStage = this.#secondStage;
    this.#runner = this.#createRunner(parts.model, parts.loaded);
    this.#pipeline = new Pipeline({
      model: () => this.#runner,
      ...(gate === undefined ? {} : { admits: (frame) => gate.admits(frame) }),
      track: (detections) => {
        this.#onInference(detections);
        return this.#tracker.update(detections);
      },
      ...(secondStage === undefined ? {} : { estimate: (...seen) => secondStage.see(...seen) }),
      decide: (event) => rules.decide(event, performance.now()),
      act,
      look,
      publish,
      measure: (stage, ms) => this.#stages.record(stage, ms),
      onDrop: () => this.#frames.dropped(),
      onError: (error, stage) => this.#onTrouble(error, stage),
    });
  }

  get name(): string {
    return this.#parts.name;
  }

  /** The labels that become presence and events. */
  get labels(): readonly string[] {
    const followed = this.#followedLabels();
    return followed.length > 0 ? followed : (this.#model.labels ?? []);
  }

  /** Does its model have a twin for the Edge TPU? */
  get hasEdgetpuModel(): boolean {
    return this.#model.pair.edgetpu !== undefined;
  }

  /** SHA-256 of its model's file for the CPU, whichever file answers: what models-use asks for. */
  get cpuModelSha256(): string {
    return this.#model.pair.cpu.sha256;
  }

  get model(): LoadedModel {
    return { ...this.#loaded, name: this.#model.name };
  }

  /** True when the last inference is longer ago than this camera's pace explains. */
  isBlind(nowMs: number): boolean {
    const patienceMs = Math.max(this.#parts.config.stallTimeoutMs, 3 * this.#inferenceIntervalMs);
    return nowMs - this.#lastInferenceMs > patienceMs;
  }

  start(): void {
    const { camera, health } = this.#parts;
    camera.start({
      onFrame: (frame) => {
        health.progress(this.#part);
        this.#pipeline.offer(frame);
      },
      onStatus: (status) => this.#onStatus(status),
    });
  }

  /** Takes other thresholds and labels from the next frame on; the rest of a camera's configuration counts from a start. */
  reconfigure({ minScore, maxDetections, labels, holdMs }: CameraConfig): void {
    const { config } = this.#parts;
    this.#thresholds = { fit: config.fit, minScore, maxDetections };
    this.#runner = this.#createRunner(this.#model, this.#loaded);
    this.#followed = { labels, minScore, holdMs };
    this.#refollow();
  }

  /** See ModelUser. */
  fitModel(model: Model, loaded: LoadedModel): () => Promise<void> {
    const runner = this.#createRunner(model, loaded);
    return () => {
      const old = this.#runner;
      this.#runner = runner;
      this.#model = model;
      this.#loaded = loaded;
      this.#refollow();
      return old.idle();
    };
  }

  fitEstimator(position: number, estimator: CropEstimator): () => Promise<void> {
    return () => this.#secondStage!.use(position, estimator);
  }

  /** Lets time pass without frames, so that stays can end. */
  tick(nowMs: number): void {
    this.#tell(this.#tracker.tick(nowMs));
  }

  /** Camera first, then what is in flight, then the stays that are still open. */
  async stop(): Promise<void> {
    await this.#parts.camera.stop();
    await this.#pipeline.stop();
    await this.#secondStage?.stop();
    this.#end('stopped');
  }

  report(): CameraReport {
    const { camera, config } = this.#parts;
    const { droppedTotal, ...frames } = this.#frames.snapshot();
    return {
      state: this.#status.state,
      detail: this.#status.detail,
      source: config.source.type,
      model: this.#model.name,
      frames: { ...frames, droppedTotal: droppedTotal + camera.counters.droppedTotal },
      corruptTotal: this.#corruptTotal + camera.counters.corruptTotal,
      restartsTotal: camera.counters.restartsTotal,
      skippedTotal: this.#gate?.skippedTotal ?? 0,
      stages: this.#stages.snapshot(),
    };
  }

  #createRunner(model: Model, loaded: LoadedModel): ModelRunner {
    return createModelRunner({ model, loaded, engine: this.#parts.engine, config: this.#thresholds });
  }

  #createSecondStage(): SecondStage | undefined {
    const { config, estimators } = this.#parts;
    if (estimators.length === 0) return undefined;
    return new SecondStage({
      config: config.secondStage,
      estimators,
      onUpdate: (event) => this.#pipeline.react([event]),
      onError: (error) => this.#onTrouble(error, 'crop'),
      measure: (stage, ms) => this.#stages.record(stage, ms),
    });
  }

  /** Which labels are followed also depends on the ones that the model knows. */
  #refollow(): void {
    const { minScore, holdMs } = this.#followed;
    this.#tracker.reconfigure({ labels: this.#followedLabels(), minScore, holdMs });
  }

  #followedLabels(): readonly string[] {
    return followedLabels(this.#followed.labels, this.#model.labels);
  }

  get #part(): string {
    return `camera/${this.#parts.name}`;
  }

  #onStatus(status: CameraStatus): void {
    const { health, logger, config } = this.#parts;
    const wasStreaming = this.#status.state === 'streaming';
    if (status.state !== this.#status.state || status.detail !== this.#status.detail) {
      if (status.state === 'reconnecting') logger.warn(status.detail);
      else logger.info(`${status.state}: ${status.detail}`);
    }
    this.#status = status;
    if (status.state !== 'streaming') this.#gate?.pause();
    const owesNothing = status.state === 'ended' || status.state === 'stopped';
    const waitUntilMs = owesNothing ? Number.POSITIVE_INFINITY : status.waitUntilMs;
    health.report(this.#part, {
      state: status.state,
      detail: status.detail,
      stallAfterMs: config.stallTimeoutMs + stallGraceMs,
      ...(waitUntilMs === undefined ? {} : { waitUntilMs }),
    });
    if (wasStreaming && status.state === 'reconnecting') this.#end('camera-lost');
  }

  #onInference({ monotonicMs }: Detections): void {
    this.#frames.frame();
    if (Number.isFinite(this.#lastInferenceMs)) this.#inferenceIntervalMs = monotonicMs - this.#lastInferenceMs;
    this.#lastInferenceMs = monotonicMs;
    this.#parts.health.progress('worker');
  }

  /** Nothing moved, so this counts as a look that showed what the last one did. */
  #onSkip(frame: Frame): void {
    this.#frames.frame();
    this.#tracker.still(frame);
    this.#lastInferenceMs = Math.max(this.#lastInferenceMs, frame.monotonicMs);
  }

  #end(reason: EndReason): void {
    this.#tell(this.#tracker.end(reason));
  }

  #tell({ events, presences }: TrackResult): void {
    this.#pipeline.react(events);
    for (const presence of presences) this.#parts.publish.presence(presence);
  }

  /** A bad frame or a missing backend costs this frame; anything else is a bug and ends the process. */
  #onTrouble(error: unknown, stage: 'preprocess' | 'infer' | 'crop'): void {
    if (!isExpected(error)) throw error;
    if (stage === 'preprocess') this.#corruptTotal += 1;
    const nowMs = performance.now();
    if (nowMs - this.#lastTroubleMs < troubleIntervalMs) return;
    this.#lastTroubleMs = nowMs;
    this.#parts.logger.warn(`${stage === 'crop' ? 'crop' : 'frame'} skipped: ${sentence(error)}`);
  }
}

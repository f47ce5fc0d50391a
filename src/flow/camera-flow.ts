/** One camera with everything behind it: what it works with, and how that changes while it runs. The flow itself: pipeline.ts. */
import type { CameraConfig } from '../config/camera-section.ts';
import type { Logger } from '../logger.ts';
import type { Model } from '../models/model.ts';
import { ownSha256 } from '../models/model-file.ts';
import type { FrameSummary } from '../system/measure/frame-statistics.ts';
import type { StageSummary } from '../system/measure/stage-statistics.ts';
import type { Health } from '../system/service/health.ts';
import { CameraWatch } from './camera-watch.ts';
import type { Camera, CameraStatus } from './capture/camera.ts';
import { createGateWatch, type GateWatch } from './gate-watch.ts';
import type { Engine, LoadedModel } from './infer/engine.ts';
import type { InferenceBudget } from './inference-budget.ts';
import { createModelRunner, type ModelRunner } from './model-runner.ts';
import type { CameraModels, ModelUser } from './model-user.ts';
import { Pipeline, type PipelineParts } from './pipeline.ts';
import { createRegionWatch, type RegionCounts, type RegionWatch } from './region-watch.ts';
import type { CropEstimator } from './second-stage/crop-estimator.ts';
import { SecondStage } from './second-stage/second-stage.ts';
import type { SizeReport, SizeWatch } from './size-watch.ts';
import { followedLabels } from './track/followed-labels.ts';
import type { Tracker, TrackerConfig } from './track/tracker.ts';

export interface CameraFlowParts extends Pick<PipelineParts, 'rules' | 'act' | 'snapshots' | 'sinks'> {
  readonly name: string;
  readonly config: CameraConfig;
  readonly camera: Camera;
  readonly tracker: Tracker;
  /** The tracker's. */
  readonly sizes: SizeWatch;
  /** One estimator for each of config.secondStage.models. */
  readonly models: CameraModels;
  readonly engine: Pick<Engine, 'infer'>;
  /** Shared by all cameras. */
  readonly budget: InferenceBudget;
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
  readonly regions: RegionCounts;
  readonly sizes: SizeReport;
  readonly stages: Record<string, StageSummary>;
}

/** What of a camera's configuration takes effect while it runs. */
export type LiveCameraConfig = TrackerConfig &
  Pick<CameraConfig, 'minScore' | 'maxDetections' | 'labels' | 'motion' | 'regions'>;

export class CameraFlow implements ModelUser {
  readonly name: string;
  readonly #parts: CameraFlowParts;
  readonly #watch: CameraWatch;
  readonly #gate: GateWatch;
  readonly #regions: RegionWatch;
  readonly #secondStage: SecondStage;
  readonly #pipeline: Pipeline;
  #model: Model;
  #loaded: LoadedModel;
  #live: LiveCameraConfig;

  constructor(parts: CameraFlowParts) {
    const { name, config, models, budget, health, logger } = parts;
    this.name = name;
    this.#parts = parts;
    this.#model = models.model;
    this.#loaded = models.loaded;
    this.#live = config;
    this.#watch = new CameraWatch({ name, config, health, logger });
    this.#gate = createGateWatch({ camera: name, config, health });
    this.#regions = createRegionWatch({ camera: name, config, budget, labels: () => this.labels });
    // Where which sizes were seen is another question elsewhere.
    parts.sizes.onMoved(() => this.#regions.forget());
    this.#secondStage = new SecondStage({
      config: config.secondStage,
      estimators: models.estimators,
      measure: (stage, ms) => this.#watch.measured(stage, ms),
      spent: (ms) => budget.tookCrop(ms, performance.now()),
      onError: (error) => this.#watch.failed(error, 'crop'),
    });
    this.#pipeline = new Pipeline({
      ...parts,
      sinks: [...parts.sinks, parts.sizes.sink],
      gate: this.#gate,
      regions: this.#regions,
      model: this.#runnerOf(models.model, models.loaded),
      secondStage: this.#secondStage,
      watch: this.#watch,
    });
  }

  /** The labels that become presence and events. */
  get labels(): readonly string[] {
    const followed = followedLabels(this.#live.labels, this.#model.labels);
    return followed.length > 0 ? followed : (this.#model.labels ?? []);
  }

  /** Does its model have a twin for the Edge TPU? */
  get hasEdgetpuModel(): boolean {
    return this.#model.pair.edgetpu !== undefined;
  }

  /** SHA-256 of its model's file for the CPU, whichever file answers: what models-use asks for. */
  get cpuModelSha256(): string {
    return ownSha256(this.#model.pair.cpu);
  }

  get model(): LoadedModel {
    return { ...this.#loaded, name: this.#model.name };
  }

  isBlind(nowMs: number): boolean {
    return this.#watch.isBlind(nowMs);
  }

  start(): void {
    this.#parts.camera.start({
      onFrame: (frame) => {
        this.#watch.captured();
        this.#pipeline.offer(frame);
      },
      onStatus: (status) => this.#onStatus(status),
    });
  }

  /** Camera first, then what is in flight, then the stays that are still open. */
  async stop(): Promise<void> {
    await this.#parts.camera.stop();
    await this.#pipeline.stop();
    await this.#secondStage.stop();
    this.#pipeline.end('stopped');
    await this.#parts.sizes.stop();
  }

  /** Lets time pass without frames, so that stays can end. */
  tick(nowMs: number): void {
    this.#pipeline.tick(nowMs);
  }

  /** Takes other thresholds, labels, zones and masks from the next frame on; the rest of a camera's configuration counts from a start. */
  reconfigure(config: LiveCameraConfig): void {
    this.#live = config;
    this.#gate.reconfigure(config);
    this.#regions.reconfigure(config.regions);
    void this.#pipeline.use(this.#runnerOf(this.#model, this.#loaded));
    this.#refollow();
  }

  fitModel(model: Model, loaded: LoadedModel): () => Promise<void> {
    // Made now, so that a model that doesn't fit is refused before anything changes.
    this.#runnerOf(model, loaded);
    return () => {
      this.#model = model;
      this.#loaded = loaded;
      this.#refollow();
      return this.#pipeline.use(this.#runnerOf(model, loaded));
    };
  }

  fitEstimator(position: number, estimator: CropEstimator): () => Promise<void> {
    return () => this.#secondStage.use(position, estimator);
  }

  report(): CameraReport {
    const { camera, config, sizes } = this.#parts;
    const { status, frames, corruptTotal, stages } = this.#watch.summary();
    return {
      state: status.state,
      detail: status.detail,
      source: config.source.type,
      model: this.#model.name,
      frames: { ...frames, droppedTotal: frames.droppedTotal + camera.counters.droppedTotal },
      corruptTotal: corruptTotal + camera.counters.corruptTotal,
      restartsTotal: camera.counters.restartsTotal,
      skippedTotal: this.#gate.skippedTotal,
      regions: this.#regions.counts,
      sizes: sizes.report,
      stages,
    };
  }

  #runnerOf(model: Model, loaded: LoadedModel): ModelRunner {
    const { engine, config } = this.#parts;
    const { minScore, maxDetections } = this.#live;
    return createModelRunner({ model, loaded, engine, config: { fit: config.fit, minScore, maxDetections } });
  }

  /** Which labels are followed also depends on the ones that the model knows. */
  #refollow(): void {
    const labels = followedLabels(this.#live.labels, this.#model.labels);
    this.#parts.tracker.reconfigure({ labels, config: this.#live });
  }

  #onStatus(status: CameraStatus): void {
    const before = this.#watch.status(status);
    if (status.state !== 'streaming') this.#gate.pause();
    if (before.state === 'streaming' && status.state === 'reconnecting') this.#pipeline.end('camera-lost');
  }
}

/** The whole way of a camera's frames. Read prepare() and run() from top to bottom: they are the flow, a stage a paragraph. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from './capture/frame.ts';
import type { Action } from './decide/action.ts';
import type { Rules } from './decide/rules.ts';
import { type FrameLooks, prepareRegions, prepareWhole } from './frame-looks.ts';
import { FrameScheduler, handOverMs } from './frame-scheduler.ts';
import { type Admission, mostMotionBoxes } from './gate/admission.ts';
import type { GateWatch } from './gate-watch.ts';
import type { Detections } from './interpret/detection.ts';
import type { ModelRunner } from './model-runner.ts';
import { upright } from './preprocess/geometry.ts';
import type { RegionWatch } from './region-watch.ts';
import type { SecondStage } from './second-stage/second-stage.ts';
import type { Sink } from './sink.ts';
import type { Snapshots } from './snapshot/snapshots.ts';
import type { EndReason, Event } from './track/event.ts';
import type { Tracker, TrackResult } from './track/tracker.ts';

/** Stages whose time is measured. `total` runs from the frame's last byte to its messages handed to the sinks. */
export type StageName =
  | 'plan'
  | 'preprocess'
  | 'infer'
  | 'invoke'
  | 'interpret'
  | 'publish'
  | 'total'
  | 'crop'
  | 'estimate';

/** Hears what became of frames. Called on the hot path. */
export interface PipelineWatch {
  /** A frame gave way to a newer one. */
  dropped(): void;
  /** The gate held a frame back: nothing moved since the last one that was looked at. */
  skipped(frame: Frame): void;
  /** An inference was done. */
  inferred(seen: Detections): void;
  measured(stage: StageName, ms: number): void;
  /** A frame or a crop was given up. What it throws for an error that is none of a frame's ends the process. */
  failed(error: unknown, stage: 'preprocess' | 'infer' | 'crop'): void;
}

/** In the order in which a frame meets them. */
export interface PipelineParts {
  readonly gate: Pick<GateWatch, 'admits'>;
  readonly regions: Pick<RegionWatch, 'wants' | 'plan' | 'seen'>;
  readonly model: ModelRunner;
  readonly tracker: Tracker;
  readonly rules: Pick<Rules, 'decide'>;
  readonly act: (action: Action) => void;
  readonly snapshots: Pick<Snapshots, 'look' | 'announce'>;
  readonly sinks: readonly Sink[];
  readonly secondStage: Pick<SecondStage, 'annotate' | 'see' | 'onUpdate'>;
  readonly watch: PipelineWatch;
}

interface Prepared {
  readonly model: ModelRunner;
  readonly looks: FrameLooks;
  readonly admission: Admission;
  readonly release: () => void;
}

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #scheduler: FrameScheduler<Prepared>;
  #model: ModelRunner;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#model = parts.model;
    this.#scheduler = new FrameScheduler({
      prepare: (frame) => this.#prepare(frame),
      run: (frame, prepared, prepareMs) => this.#run(frame, prepared, prepareMs),
      onDrop: () => parts.watch.dropped(),
      onError: (error, stage) => parts.watch.failed(error, stage),
    });
    parts.secondStage.onUpdate((event) => this.#pass([event]));
  }

  /** Takes the frame over. The newest wins: one that still waits is dropped. */
  offer(frame: Frame): void {
    this.#scheduler.offer(frame);
  }

  /** Capture to what can be looked at, while the inferences of the frame before may still run. undefined: not worth one. */
  async #prepare(frame: Frame): Promise<Prepared | undefined> {
    const { gate, regions, tracker, sinks, watch } = this.#parts;

    const admission = await gate.admits(frame);
    if (!admission.admitted) {
      tracker.still(frame);
      for (const sink of sinks) sink.still?.(frame);
      watch.skipped(frame);
      return undefined;
    }

    const model = this.#model;
    const looks = await (regions.wants(frame, model) ? prepareRegions : prepareWhole)(model, frame);
    return { model, looks, admission, release: () => looks.release() };
  }

  /** Looks to messages. One frame at a time. */
  async #run(frame: Frame, { model, looks, admission }: Prepared, preparedMs: number): Promise<void> {
    const { regions, tracker, snapshots, sinks, secondStage, watch } = this.#parts;
    const { learn, motion } = admission;

    const planFromMs = performance.now();
    const planned = looks.takesRegions
      ? regions.plan(frame, admission, tracker.expected(frame.monotonicMs))
      : undefined;
    const planMs = performance.now() - planFromMs;

    const looked = await looks.look(planned, () => {
      if (learn) void learnBeside(frame, learn);
    });

    const { invokeMs, inferMs, interpretMs } = looked;
    const publishFromMs = performance.now();
    const preprocessMs = preparedMs + looked.preprocessMs;
    const { widthPx: frameWidthPx, heightPx: frameHeightPx } = upright(frame, frame.rotationDeg);
    const found: Detections = {
      camera: frame.camera,
      frameSequence: frame.sequence,
      capturedAtMs: frame.capturedAtMs,
      monotonicMs: frame.monotonicMs,
      frameWidthPx,
      frameHeightPx,
      model: model.name,
      modelSha256: looked.model.sha256,
      backend: looked.model.backend,
      latencyMs: { preprocess: preprocessMs, infer: inferMs, invoke: invokeMs, interpret: interpretMs },
      ...looked.found,
      ...(looked.regions === undefined ? {} : { regions: looked.regions, ...movingOf(motion) }),
      ...(frame.origin === undefined ? {} : { origin: frame.origin }),
    };
    regions.seen(found, inferMs);
    watch.inferred(found);

    const { events, presences, best, tracked, followed, held, pieces } = this.#annotated(
      tracker.update(found, looks.brightness?.()),
    );
    const seen: Detections = { ...found, held, pieces };

    this.#act(events);
    snapshots.look(frame, seen, best);
    for (const sink of sinks) sink.frame?.(frame, seen, tracked);
    if (followed !== undefined) for (const sink of sinks) sink.followed?.(seen, followed);
    this.#publish(events);
    for (const presence of presences) for (const sink of sinks) sink.presence?.(presence);
    const estimated = secondStage.see(seen, tracked, frame);
    for (const sink of sinks) sink.detections?.(estimated);

    const endMs = performance.now();
    if (planned !== undefined) watch.measured('plan', planMs);
    watch.measured('preprocess', preprocessMs);
    watch.measured('infer', inferMs);
    watch.measured('invoke', invokeMs);
    watch.measured('interpret', interpretMs);
    watch.measured('publish', endMs - publishFromMs);
    watch.measured('total', endMs - frame.monotonicMs);
  }

  /** Lets time pass without frames, so that stays can end. */
  tick(nowMs: number): void {
    this.#passAll(this.#parts.tracker.tick(nowMs));
  }

  /** Ends every event: no more is seen for now. */
  end(reason: EndReason): void {
    this.#passAll(this.#parts.tracker.end(reason));
  }

  /** Another model from the next frame on. @returns settles when the old one is asked nothing any more */
  use(model: ModelRunner): Promise<void> {
    const old = this.#model;
    this.#model = model;
    return old.idle();
  }

  /** Resolves when the inference in flight has ended; later frames are let go. */
  stop(): Promise<void> {
    return this.#scheduler.stop();
  }

  /** What no frame caused. */
  #passAll(result: TrackResult): void {
    const { events, presences } = this.#annotated(result);
    this.#pass(events);
    for (const presence of presences) for (const sink of this.#parts.sinks) sink.presence?.(presence);
  }

  #pass(events: readonly Event[]): void {
    this.#act(events);
    this.#publish(events);
  }

  #annotated(result: TrackResult): TrackResult {
    return { ...result, events: this.#parts.secondStage.annotate(result.events) };
  }

  /** Outputs come before messages: an alert never waits for the network. */
  #act(events: readonly Event[]): void {
    const { rules, act } = this.#parts;
    for (const event of events) for (const action of rules.decide(event, performance.now())) act(action);
  }

  #publish(events: readonly Event[]): void {
    const { snapshots, sinks } = this.#parts;
    for (const event of events) {
      snapshots.announce(event);
      for (const sink of sinks) sink.event?.(event);
    }
  }
}

/** While the inference runs, once its tensor is with the worker. */
async function learnBeside(frame: Frame, learn: NonNullable<Admission['learn']>): Promise<void> {
  frame.retain();
  await pause(handOverMs);
  await learn();
  frame.release();
}

/** Where something moved, as far as the gate knows all of it. */
function movingOf(motion: Admission['motion']): Pick<Detections, 'moving'> {
  if (motion === undefined || motion.all || motion.boxes.length >= mostMotionBoxes) return {};
  return { moving: motion.boxes };
}

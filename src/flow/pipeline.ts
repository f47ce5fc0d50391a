/** The whole flow of one camera, in order: frame -> tensor -> raw outputs -> detections -> events -> actions. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Placement } from '../geometry/boxes.ts';
import type { Frame } from './capture/frame.ts';
import type { Action } from './decide/action.ts';
import { FrameScheduler, handOverMs } from './frame-scheduler.ts';
import type { Admission } from './gate/admission.ts';
import type { InferenceResult } from './infer/engine.ts';
import type { Detection, Detections } from './interpret/detection.ts';
import type { Tensor } from './preprocess/tensor.ts';
import type { BestMoment, Event, Presence } from './track/event.ts';
import type { TrackResult } from './track/tracker.ts';

/** Stages whose time is measured. `total` runs from the frame's last byte to its messages handed to MQTT. */
export type StageName = 'preprocess' | 'infer' | 'invoke' | 'interpret' | 'publish' | 'total' | 'crop' | 'estimate';

/** One model on the frames of one camera. */
export interface ModelRunner {
  readonly name: string;
  prepare(frame: Frame): Promise<Tensor>;
  infer(tensor: Tensor): Promise<InferenceResult>;
  /** Detections with a lower score are weak ones, which only the tracker sees. */
  readonly minScore: number;
  /** Best score first. */
  interpret(result: InferenceResult, placement: Placement): readonly Detection[];
  /** Resolves when no tensor of this runner is out any more. */
  idle(): Promise<void>;
}

export interface PipelineStages {
  /** The model in use. Asked once a frame, so that another one takes over between two frames. */
  model(): ModelRunner;
  /** Is a frame worth an inference? Absent: every one is. */
  admits?(frame: Frame): Promise<Admission>;
  track(detections: Detections): TrackResult;
  /** The second stage, if there is one. Called once a frame, when its events were told; never delays it. */
  estimate?(seen: Detections, tracked: TrackResult['tracked'], frame: Frame): Estimated;
  decide(event: Event): readonly Action[];
  act(action: Action): void;
  /** A frame, what was seen in it, and the events of which it is the best view: the moment to copy it for snapshots. */
  look?(frame: Frame, seen: Detections, best: readonly BestMoment[]): void;
  publish: {
    detections(detections: Detections): void;
    event(event: Event): void;
    presence(presence: Presence): void;
  };
  measure(stage: StageName, ms: number): void;
  onDrop(): void;
  onError(error: unknown, stage: 'preprocess' | 'infer'): void;
}

/** Detections with the estimates that are known of them so far. */
export interface Estimated {
  readonly detections: Detections;
  /** Settles when nothing reads the frame any more; absent: nothing does. */
  readonly cropping?: Promise<void>;
}

interface Prepared {
  readonly model: ModelRunner;
  readonly tensor: Tensor;
  readonly learn: Admission['learn'];
  readonly release: () => void;
}

/** One camera's flow. offer() takes each frame; the newest wins. */
export class Pipeline {
  readonly #stages: PipelineStages;
  readonly #scheduler: FrameScheduler<Prepared>;

  constructor(stages: PipelineStages) {
    this.#stages = stages;
    this.#scheduler = new FrameScheduler({
      prepare: async (frame) => {
        const admission = await stages.admits?.(frame);
        if (admission?.admitted === false) return undefined;
        const model = stages.model();
        const tensor = await model.prepare(frame);
        return { model, tensor, learn: admission?.learn, release: () => tensor.release() };
      },
      run: (frame, prepared, prepareMs) => this.#run(frame, prepared, prepareMs),
      onDrop: () => stages.onDrop(),
      onError: (error, stage) => stages.onError(error, stage),
    });
  }

  offer(frame: Frame): void {
    this.#scheduler.offer(frame);
  }

  stop(): Promise<void> {
    return this.#scheduler.stop();
  }

  async #run(frame: Frame, prepared: Prepared, preprocessMs: number): Promise<void> {
    let cropping: Promise<void> | undefined;
    const learning = prepared.learn && learnBeside(prepared.learn);
    try {
      cropping = this.#tell(frame, await this.#see(frame, prepared, preprocessMs));
    } finally {
      if (cropping === undefined && learning === undefined) frame.release();
      else void Promise.all([cropping, learning]).finally(() => frame.release());
    }
  }

  async #see(frame: Frame, { model, tensor }: Prepared, preprocessMs: number): Promise<Detections> {
    const result = await model.infer(tensor);

    const interpretFromMs = performance.now();
    const found = model.interpret(result, tensor.placement);
    const interpretMs = performance.now() - interpretFromMs;

    return {
      camera: frame.camera,
      frameSequence: frame.sequence,
      capturedAtMs: frame.capturedAtMs,
      monotonicMs: frame.monotonicMs,
      ...uprightSize(frame),
      model: model.name,
      modelSha256: result.model.sha256,
      backend: result.model.backend,
      latencyMs: {
        preprocess: preprocessMs,
        infer: result.roundTripMs,
        invoke: result.invokeMs,
        interpret: interpretMs,
      },
      detections: found.filter(({ score }) => score >= model.minScore),
      weak: found.filter(({ score }) => score < model.minScore),
      ...(frame.origin === undefined ? {} : { origin: frame.origin }),
    };
  }

  /** @returns what still reads the frame when its messages are out */
  #tell(frame: Frame, seen: Detections): Promise<void> | undefined {
    const { track, publish, measure } = this.#stages;
    const publishFromMs = performance.now();
    const { events, presences, best, tracked } = track(seen);
    // Outputs come before messages: an alert never waits for the network.
    this.#act(events);
    this.#stages.look?.(frame, seen, best);
    this.#announce(events);
    for (const presence of presences) publish.presence(presence);
    const estimated = this.#stages.estimate?.(seen, tracked, frame);
    publish.detections(estimated?.detections ?? seen);
    const endMs = performance.now();

    measure('preprocess', seen.latencyMs.preprocess);
    measure('infer', seen.latencyMs.infer);
    measure('invoke', seen.latencyMs.invoke);
    measure('interpret', seen.latencyMs.interpret);
    measure('publish', endMs - publishFromMs);
    measure('total', endMs - frame.monotonicMs);
    return estimated?.cropping;
  }

  /** Lets events act and be told; also called for events that no frame caused, such as the end of a stay. */
  react(events: readonly Event[]): void {
    this.#act(events);
    this.#announce(events);
  }

  #act(events: readonly Event[]): void {
    for (const event of events) for (const action of this.#stages.decide(event)) this.#stages.act(action);
  }

  #announce(events: readonly Event[]): void {
    for (const event of events) this.#stages.publish.event(event);
  }
}

/** While the inference runs, once its tensor is with the worker. */
async function learnBeside(learn: NonNullable<Admission['learn']>): Promise<void> {
  await pause(handOverMs);
  await learn();
}

/** Size of the frame after its rotation. */
function uprightSize({ widthPx, heightPx, rotationDeg }: Frame): { frameWidthPx: number; frameHeightPx: number } {
  const turned = rotationDeg === 90 || rotationDeg === 270;
  return { frameWidthPx: turned ? heightPx : widthPx, frameHeightPx: turned ? widthPx : heightPx };
}

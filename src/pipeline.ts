/** The whole flow of one camera, in order: frame -> tensor -> raw outputs -> detections -> events -> actions. */
import type { Frame } from './capture/frame.ts';
import type { Action } from './decide/action.ts';
import { FrameScheduler } from './frame-scheduler.ts';
import type { InferenceResult } from './infer/engine.ts';
import type { Detection, Detections } from './interpret/detection.ts';
import type { Placement, Tensor } from './preprocess/tensor.ts';
import type { Event, Presence } from './track/event.ts';

/** Stages whose time is measured. `total` runs from the frame's last byte to its messages handed to MQTT. */
export type StageName = 'preprocess' | 'infer' | 'invoke' | 'interpret' | 'publish' | 'total';

export interface PipelineStages {
  preprocess(frame: Frame): Promise<Tensor>;
  infer(tensor: Tensor): Promise<InferenceResult>;
  interpret(result: InferenceResult, placement: Placement): readonly Detection[];
  track(detections: Detections): { readonly events: readonly Event[]; readonly presences: readonly Presence[] };
  decide(event: Event): readonly Action[];
  act(action: Action): void;
  publish: {
    detections(detections: Detections): void;
    event(event: Event): void;
    presence(presence: Presence): void;
  };
  measure(stage: StageName, ms: number): void;
  onDrop(): void;
  onError(error: unknown, stage: 'preprocess' | 'infer'): void;
}

/** One camera's flow. offer() takes each frame; the newest wins. */
export class Pipeline {
  readonly #stages: PipelineStages;
  readonly #model: string;
  readonly #scheduler: FrameScheduler;

  constructor(model: string, stages: PipelineStages) {
    this.#stages = stages;
    this.#model = model;
    this.#scheduler = new FrameScheduler({
      prepare: (frame) => stages.preprocess(frame),
      run: (frame, tensor, prepareMs) => this.#run(frame, tensor, prepareMs),
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

  async #run(frame: Frame, tensor: Tensor, preprocessMs: number): Promise<void> {
    const { interpret, track, publish, measure } = this.#stages;
    const result = await this.#stages.infer(tensor);

    const interpretFromMs = performance.now();
    const detections = interpret(result, tensor.placement);
    const interpretMs = performance.now() - interpretFromMs;

    const seen: Detections = {
      camera: frame.camera,
      frameSequence: frame.sequence,
      capturedAtMs: frame.capturedAtMs,
      monotonicMs: frame.monotonicMs,
      ...uprightSize(frame),
      model: this.#model,
      modelSha256: result.model.sha256,
      backend: result.model.backend,
      latencyMs: {
        preprocess: preprocessMs,
        infer: result.roundTripMs,
        invoke: result.invokeMs,
        interpret: interpretMs,
      },
      detections,
      ...(frame.origin === undefined ? {} : { origin: frame.origin }),
    };

    const publishFromMs = performance.now();
    const { events, presences } = track(seen);
    // Outputs come before messages: an alert never waits for the network.
    this.react(events);
    for (const presence of presences) publish.presence(presence);
    publish.detections(seen);
    const endMs = performance.now();

    measure('preprocess', preprocessMs);
    measure('infer', result.roundTripMs);
    measure('invoke', result.invokeMs);
    measure('interpret', interpretMs);
    measure('publish', endMs - publishFromMs);
    measure('total', endMs - frame.monotonicMs);
  }

  /** Lets events act and be told; also called for events that no frame caused, such as the end of a stay. */
  react(events: readonly Event[]): void {
    for (const event of events) for (const action of this.#stages.decide(event)) this.#stages.act(action);
    for (const event of events) this.#stages.publish.event(event);
  }
}

/** Size of the frame after its rotation. */
function uprightSize({ widthPx, heightPx, rotationDeg }: Frame): { frameWidthPx: number; frameHeightPx: number } {
  const turned = rotationDeg === 90 || rotationDeg === 270;
  return { frameWidthPx: turned ? heightPx : widthPx, frameHeightPx: turned ? widthPx : heightPx };
}

/** Bench: frames a second of the whole pipeline, against the bare Invoke of the same model. */
import { countedFrame } from '../../flow/capture/counted-frame.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { createModelRunner } from '../../flow/model-runner.ts';
import { Pipeline, type PipelineParts } from '../../flow/pipeline.ts';
import type { Region } from '../../flow/regions/region.ts';
import type { Model } from '../../models/model.ts';
import { bareStages, noWatch } from './bare-stages.ts';
import type { Picture } from './frame-latency.ts';
import { type Summary, summarise } from './samples.ts';

export interface PipelineBench {
  readonly frames: number;
  readonly framesPerSecond: number;
  /** Median inside Invoke during the same run. */
  readonly invokeMs: Summary;
  readonly preprocessMs: Summary;
  /** Inferences a second * median Invoke: 1 means that nothing but Invoke takes time. */
  readonly share: number;
}

export interface PipelineBenchOptions {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Engine;
  /** Shown in turn. */
  readonly pictures: readonly Picture[];
  /** Parts that are looked at of each frame; absent: all of it at once. */
  readonly regions?: number | undefined;
  /** Frames that count, after a few that don't. */
  readonly count: number;
  readonly onProgress: (done: number) => void;
}

const warmUp = 20;
/** Side of a region, as long as the model's input: what the planner takes most is about so large. */
const regionSidePx = 300;

/** Offers the next frame as soon as the last one was taken: a camera that is never the bottleneck. */
export function measurePipeline(options: PipelineBenchOptions): Promise<PipelineBench> {
  const { model, loaded, engine, pictures, regions, count, onProgress } = options;
  const runner = createModelRunner({
    model,
    loaded,
    engine,
    config: { fit: 'letterbox', minScore: 0.5, maxDetections: 20 },
  });
  const samples: Record<string, number[]> = { invoke: [], preprocess: [] };
  return new Promise((resolve, reject) => {
    let done = -warmUp;
    let startedMs = 0;
    let sequence = 0;
    const pipeline = new Pipeline({
      ...bareStages,
      gate: {
        admits: () => {
          // Taken: the camera has the next one at once.
          setImmediate(offer);
          return Promise.resolve({ admitted: true });
        },
      },
      ...(regions === undefined ? {} : { regions: fixedRegions(regions) }),
      model: runner,
      sinks: [],
      watch: {
        ...noWatch,
        measured: (stage, ms) => {
          if (done >= 0) samples[stage]?.push(ms);
          if (stage === 'total') onFrame();
        },
        failed: reject,
      },
    });
    function offer(): void {
      if (done < count) pipeline.offer(frameOf(pictures[sequence % pictures.length]!, ++sequence));
    }
    function onFrame(): void {
      done += 1;
      if (done === 0) startedMs = performance.now();
      if (done > 0 && done <= count) onProgress(done);
      if (done !== count) return;
      const framesPerSecond = (count * 1000) / (performance.now() - startedMs);
      const invokeMs = summarise(samples['invoke']!);
      void pipeline.stop().then(() =>
        resolve({
          frames: count,
          framesPerSecond,
          invokeMs,
          preprocessMs: summarise(samples['preprocess']!),
          share: (framesPerSecond * invokeMs.median) / 1000,
        }),
      );
    }
    offer();
  });
}

/** Always the same number, spread over the frame: what is measured is the work beside the choice. */
function fixedRegions(count: number): PipelineParts['regions'] {
  return {
    wants: () => true,
    plan: ({ widthPx, heightPx }) =>
      Array.from({ length: count }, (_, at): Region => {
        const side = Math.min(regionSidePx, widthPx, heightPx);
        const share = count === 1 ? 0 : at / (count - 1);
        const [leftPx, topPx] = [Math.round(share * (widthPx - side)), Math.round((1 - share) * (heightPx - side))];
        return { leftPx, topPx, widthPx: side, heightPx: side, reason: 'search' };
      }),
    seen: () => undefined,
  };
}

function frameOf(picture: Picture, sequence: number): Frame {
  return countedFrame({
    ...picture,
    camera: 'bench',
    sequence,
    capturedAtMs: Date.now(),
    monotonicMs: performance.now(),
    rotationDeg: 0,
  });
}

/** Bench: frames a second of the whole pipeline on JPEG frames, against the bare Invoke of the same model. */
import { countedFrame } from '../../flow/capture/counted-frame.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { createModelRunner } from '../../flow/model-runner.ts';
import { Pipeline } from '../../flow/pipeline.ts';
import type { Model } from '../../models/model.ts';
import { bareStages, noWatch } from './bare-stages.ts';
import { type Summary, summarise } from './samples.ts';

export interface PipelineBench {
  readonly frames: number;
  readonly framesPerSecond: number;
  /** Median inside Invoke during the same run. */
  readonly invokeMs: Summary;
  readonly preprocessMs: Summary;
  /** framesPerSecond * median Invoke: 1 means that nothing but Invoke takes time. */
  readonly share: number;
}

export interface PipelineBenchOptions {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Engine;
  /** JPEG pictures, shown in turn. */
  readonly photos: readonly Uint8Array[];
  readonly widthPx: number;
  readonly heightPx: number;
  /** Inferences that count, after a few that don't. */
  readonly count: number;
  readonly onProgress: (done: number) => void;
}

const warmUp = 20;

/** Offers the next frame as soon as the last one was taken: a camera that is never the bottleneck. */
export function measurePipeline(options: PipelineBenchOptions): Promise<PipelineBench> {
  const { model, loaded, engine, photos, widthPx, heightPx, count, onProgress } = options;
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
      model: {
        ...runner,
        preprocess: async (frame) => {
          // Taken: the camera has the next one at once.
          setImmediate(offer);
          return runner.preprocess(frame);
        },
      },
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
      if (done < count) pipeline.offer(frameOf(photos[sequence % photos.length]!, ++sequence, { widthPx, heightPx }));
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

function frameOf(bytes: Uint8Array, sequence: number, size: { widthPx: number; heightPx: number }): Frame {
  return countedFrame({
    camera: 'bench',
    sequence,
    capturedAtMs: Date.now(),
    monotonicMs: performance.now(),
    format: 'jpeg',
    ...size,
    rotationDeg: 0,
    strideBytes: 0,
    bytes,
  });
}

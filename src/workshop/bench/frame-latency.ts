/**
 * Bench: how long a frame takes from its last byte to its messages at MQTT, without inference. Everything is real: motion gate, tracker,
 * rules' place, snapshots on the disk, and a publisher at the embedded broker; one frame at a time, as from a camera.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { configSchema } from '../../config/schema.ts';
import { countedFrame } from '../../flow/capture/counted-frame.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { createMotionGate } from '../../flow/gate/motion-gate.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { createModelRunner } from '../../flow/model-runner.ts';
import { Pipeline } from '../../flow/pipeline.ts';
import { startEmbeddedBroker } from '../../flow/publish/embedded-broker.ts';
import { createPublisher } from '../../flow/publish/publisher.ts';
import { createRegionWatch } from '../../flow/region-watch.ts';
import { createSnapshots } from '../../flow/snapshot/snapshots.ts';
import { createTracker } from '../../flow/track/create-tracker.ts';
import { createEventIds } from '../../flow/track/event-ids.ts';
import { silentLogger } from '../../logger.ts';
import type { Model } from '../../models/model.ts';
import { returnFreeMemoryRegularly } from '../../system/measure/free-memory.ts';
import { bareStages, noWatch } from './bare-stages.ts';
import { proportionalSetBytes } from './memory.ts';
import { type Summary, summarise } from './samples.ts';

/** Of one run, with every sample. */
export interface FrameRun extends Omit<FrameLatency, 'overheadMs'> {
  readonly overheadsMs: readonly number[];
}

export interface FrameLatency {
  readonly frames: number;
  /** Frame delivered to MQTT publish, everything but the inference's round trip. */
  readonly overheadMs: Summary;
  readonly events: number;
  readonly snapshots: number;
  /** Of this process and its worker at the end, proportional set size. */
  readonly memoryBytes: number;
}

/** A picture as a camera gives it, without the facts of the moment. */
export type Picture = Pick<Frame, 'format' | 'widthPx' | 'heightPx' | 'strideBytes' | 'bytes'>;

export interface FrameLatencyOptions {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Engine;
  /** Shown in turn. */
  readonly pictures: readonly Picture[];
  readonly count: number;
  /** Looks at each frame; absent: one, at the whole of it. */
  readonly regions?: number | undefined;
  readonly onProgress: (done: number) => void;
}

/** Between two frames; with the inference that is about the pace of a camera. */
const gapMs = 20;
/** The scene changes so often: objects come, get better views, and go. */
const framesPerPicture = 10;
const warmUp = 10;

/** Several runs as one. */
export function latencyOf(runs: readonly FrameRun[]): FrameLatency {
  const sum = (of: (run: FrameRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    frames: sum(({ frames }) => frames),
    overheadMs: summarise(runs.flatMap(({ overheadsMs }) => overheadsMs)),
    events: sum(({ events }) => events),
    snapshots: sum(({ snapshots }) => snapshots),
    memoryBytes: runs.at(-1)!.memoryBytes,
  };
}

export async function measureFrameLatency(options: FrameLatencyOptions): Promise<FrameRun> {
  const { model, loaded, engine, pictures, count, regions, onProgress } = options;
  const folder = await mkdtemp(join(tmpdir(), 'goby-bench-'));
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const config = configSchema.parse({
    cameras: {
      bench: {
        labels: [],
        holdMs: 100,
        regions: regions === undefined ? { mode: 'off' } : { maxInferencesPerFrame: regions },
      },
    },
    publish: { detections: 'all', maxPerSecond: 100 },
  });
  const camera = config.cameras['bench']!;
  let onConnected = (): void => undefined;
  const connected = new Promise<void>((resolve) => {
    onConnected = resolve;
  });
  let events = 0;
  let taken = 0;
  const snapshots = createSnapshots({
    config: config.snapshots,
    folder,
    logger: silentLogger,
  });
  const publisher = createPublisher({
    address: `mqtt://127.0.0.1:${broker.port}`,
    mqtt: config.mqtt,
    publish: config.publish,
    deviceId: 'bench',
    handlers: { info: () => ({}), setOutput: () => undefined, setControl: () => undefined, requests: {} },
    logger: silentLogger,
    beforeEvent: ({ id }) => snapshots.ready(id),
    onStatus: ({ state }) => {
      if (state === 'connected') onConnected();
    },
  });
  snapshots.onSnapshot((snapshot) => {
    taken += 1;
    publisher.snapshot(snapshot);
  });
  const tracker = createTracker({
    camera: 'bench',
    labels: [],
    config: camera,
    scoreMarks: [],
    newId: createEventIds(),
  });
  // It is asked about every frame as the agent asks it, and every frame passes: its time is left out only beside an inference.
  const gate = createMotionGate({ ...camera.motion, masks: [] });
  // What is measured is the time beside inferences, so that there is always time for as many as were asked for.
  const budget = { allowed: () => regions ?? 1, took: () => undefined };
  const regionWatch = createRegionWatch({ camera: 'bench', config: camera, budget, labels: () => model.labels ?? [] });
  const samples: number[] = [];
  let inferMs = 0;
  let onTold = (): void => undefined;
  let onFailure = (_error: unknown): void => undefined;
  const pipeline = new Pipeline({
    ...bareStages,
    gate: {
      admits: async (frame) => {
        const { motion } = gate;
        if (gate.isOpen(frame)) return { admitted: true, motion, learn: () => gate.judge(frame) };
        await gate.judge(frame);
        return { admitted: true, motion: gate.motion };
      },
    },
    regions: regionWatch,
    model: createModelRunner({ model, loaded, engine, config: camera }),
    tracker,
    snapshots,
    sinks: [
      publisher,
      {
        event: () => {
          events += 1;
        },
      },
    ],
    watch: {
      ...noWatch,
      measured: (stage, ms) => {
        if (stage === 'infer') inferMs = ms;
        if (stage !== 'total') return;
        samples.push(ms - inferMs);
        onTold();
      },
      failed: (error) => onFailure(error),
    },
  });
  const endReturning = returnFreeMemoryRegularly();
  try {
    publisher.start();
    await connected;
    for (let sequence = 0; sequence < warmUp + count; sequence++) {
      const picture = pictures[Math.floor(sequence / framesPerPicture) % pictures.length]!;
      await new Promise<void>((resolve, reject) => {
        onTold = resolve;
        onFailure = reject;
        pipeline.offer(frameOf(picture, sequence));
      });
      if (sequence >= warmUp) onProgress(sequence - warmUp + 1);
      await pause(gapMs);
    }
    const memoryBytes = await proportionalSetBytes();
    return { frames: count, overheadsMs: samples.slice(warmUp), events, snapshots: taken, memoryBytes };
  } finally {
    endReturning();
    await pipeline.stop();
    await snapshots.stop();
    await publisher.stop();
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
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

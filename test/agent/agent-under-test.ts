/** A whole agent in this process: real broker, real files, real outputs (simulated lines); cameras and engine in the test's hands. */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Agent } from '../../src/agent/agent.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Detections } from '../../src/flow/interpret/detection.ts';
import { createLogger, type LogThreshold } from '../../src/logger.ts';
import { resolveModel } from '../../src/models/resolve.ts';
import { StateFile } from '../../src/system/files/state-file.ts';
import { Health } from '../../src/system/service/health.ts';
import { FakeCamera } from '../fakes/camera.ts';
import { FakeEngine } from '../fakes/engine.ts';
import { detectorModel } from '../fakes/models.ts';
import { type Observer, observe } from '../flow/publish/observer.ts';
import { until } from '../flow/publish/waiting.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Labels of every detector here, by class. */
export const labels = ['person', 'car', 'dog'];

function pictureOf([widthPx, heightPx]: readonly [number, number], luma?: Uint8Array) {
  const bytes = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
  if (luma !== undefined) bytes.set(luma);
  return { format: 'yuv420', widthPx, heightPx, strideBytes: widthPx, bytes } as const;
}

export interface AgentSetUp {
  /** Sections of goby.yaml over the ones below. */
  readonly config?: Record<string, unknown>;
  /** Keys of the one camera. */
  readonly camera?: Record<string, unknown>;
  /** More cameras: their names. */
  readonly more?: readonly string[];
  /** Size of the frames; absent: 16 x 16 pixels. */
  readonly size?: readonly [widthPx: number, heightPx: number];
  /** Luma of the frames, row by row; absent: grey. */
  readonly luma?: Uint8Array;
  /** Files of the state folder, by path. */
  readonly state?: Readonly<Record<string, string>>;
}

export function agentUnderTest(
  t: ExecutionContext,
  { config = {}, camera = {}, more = [], size = [16, 16], luma, state = {} }: AgentSetUp = {},
) {
  const folder = temporaryFolder(t);
  const sha256: Record<string, string> = {};
  mkdirSync(join(folder, 'models'));
  for (const name of ['one', 'other']) {
    const bytes = detectorModel({ description: name });
    sha256[name] = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, 'models', `${name}.tflite`), bytes);
    writeFileSync(join(folder, 'models', `${name}.txt`), labels.join('\n'));
  }
  // The gate would hold back frames that are all alike; zones, rules and outputs are a test's own.
  const one = { model: 'one', motion: { gate: 'off' }, tracking: { confirmHits: 1 }, ...camera };
  const whole = {
    device: { id: 'pi' },
    mqtt: { embedded: { port: 0 } },
    web: { listen: '127.0.0.1:0' },
    models: {
      own: {
        one: { task: 'detect', file: 'models/one.tflite' },
        other: { task: 'detect', file: 'models/other.tflite' },
      },
    },
    cameras: Object.fromEntries(['front', ...more].map((name) => [name, one])),
    publish: { detections: 'all', maxPerSecond: 100, telemetryIntervalMs: 86_400_000 },
    outputs: { led: { line: 'GPIO17', adapter: 'simulated' } },
    rules: [],
    snapshots: { enabled: false },
    ...config,
  };
  const file = join(folder, 'goby.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(whole));
  for (const [path, text] of Object.entries(state)) {
    mkdirSync(dirname(join(folder, 'state', path)), { recursive: true });
    writeFileSync(join(folder, 'state', path), text);
  }
  const loaded = loadConfig({ file, env: { GOBY_STATE_DIR: join(folder, 'state') } });

  const log: string[] = [];
  const threshold: LogThreshold = { level: 'info' };
  const seen: Detections[] = [];
  /** Its changes; it begins off. */
  const led: boolean[] = [];
  const restarts: string[] = [];
  const engine = new FakeEngine();
  const cameras = new Map<string, FakeCamera>();
  const health = new Health();
  const agent = new Agent({
    loaded,
    overridesFile: new StateFile(loaded.overrides.file),
    version: '1.2.3',
    logger: createLogger({ part: 'goby', threshold, format: 'text', write: (line) => log.push(line) }),
    threshold,
    health,
    samplePhotos: false,
    adapters: {
      openEngine: () => engine,
      // In this process: a new one for each agent would take longer than all else.
      resolveOwn: (request) => resolveModel(request),
      openCamera: ({ name }) => {
        const opened = new FakeCamera({ name, pictures: [pictureOf(size, luma)] });
        cameras.set(name, opened);
        return opened;
      },
    },
    onDetections: (one) => seen.push(one),
    onSimulatedOutput: (_name, on) => {
      if (on !== (led.at(-1) ?? false)) led.push(on);
    },
    restart: (reason) => restarts.push(reason),
  });
  const ending = new AbortController();
  const stop = async (): Promise<void> => {
    ending.abort(new Error('the test is over'));
    await agent.stop();
  };
  t.teardown(stop);
  const address = (): string => /mqtt:\/\/[\d.]+:\d+/.exec(log.join('\n'))![0];
  const give = (name = 'front'): void => cameras.get(name)!.give();
  const frame = async (name = 'front'): Promise<Detections> => {
    const before = seen.length;
    give(name);
    await until('the frame is through', () => seen.length > before);
    return seen.at(-1)!;
  };
  return {
    agent,
    loaded,
    folder,
    sha256,
    log,
    threshold,
    seen,
    led,
    restarts,
    engine,
    cameras,
    health,
    ending,
    start: (signal: AbortSignal = ending.signal) => agent.start(signal),
    stop,
    give,
    /** Gives a frame and waits until it is through. @returns what was seen in it */
    frame,
    /** Listens to everything that the agent publishes; the agent must have begun. */
    observe: async (): Promise<Observer> => {
      await until('the broker listens', () => log.some((line) => line.includes('mqtt://')));
      return observe(t, address());
    },
  };
}

export type AgentUnderTest = ReturnType<typeof agentUnderTest>;

/** Sends a request; the answer can be waited for. */
export async function ask(observer: Observer, name: string, payload: object): Promise<void> {
  await observer.send(`goby/pi/request/${name}`, JSON.stringify(payload));
}

/** A rule that lights the LED while something is there. */
export const lightFor = (label: string) => ({ name: 'light', label, actions: [{ type: 'output', output: 'led' }] });

export const person = (score = 0.9) => ({ classIndex: 0, score, box: [0.1, 0.1, 0.4, 0.9] as const });
export const car = (score = 0.9) => ({ classIndex: 1, score, box: [0.6, 0.5, 0.9, 0.8] as const });

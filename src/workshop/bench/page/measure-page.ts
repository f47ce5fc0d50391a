/** What the page costs: memory, detections and processor time, with nobody and with somebody looking, in one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger } from '../../../logger.ts';
import type { EventRecord } from '../../../record/event-record.ts';
import { EventStore } from '../../../record/event-store.ts';
import { type Summary, summarise } from '../samples.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { openViewer } from './viewer.ts';

export interface PageBenchOptions {
  /** Of this run alone, and empty. */
  readonly folder: string;
  /** JPEG frames as a camera gives them. */
  readonly frames: readonly Uint8Array[];
  readonly model: string;
  readonly seconds: number;
  readonly events: number;
  onStep(done: number, of: number): void;
}

export interface PageBench {
  /** `with`: before anybody ever looked. The others: the median of a sample a second, in alternating rounds. */
  readonly memoryBytes: {
    readonly without: number;
    readonly with: number;
    readonly nobody: number;
    readonly threeViewers: number;
    readonly tenViewers: number;
  };
  /** Detections a second with three viewers, by those without any, alternating. */
  readonly detectionRatio: number;
  readonly detectionsPerSecond: { readonly alone: number; readonly threeViewers: number };
  /** Share of one processor that one viewer at five pictures a second takes. */
  readonly viewerCpuShare: number;
  readonly picturesPerSecond: number;
  readonly firstPictureMs: Summary;
}

const cameraFramesPerSecond = 30;
const perSecond = 5;
const rounds = 3;
const opens = 20;
/** How many look at once; the processor's time is told of one, detections of three, memory of three and ten. */
const counts = [0, 1, 3, 10] as const;
const steps = counts.length * rounds + 5;

export async function measurePage(options: PageBenchOptions): Promise<PageBench> {
  const { folder, seconds, events, onStep } = options;
  let done = 0;
  const step = () => onStep(++done, steps);
  await keepFrames(options);
  const without = await memoryOf({ ...options, name: 'without', page: false });
  step();
  await keepEvents(join(folder, 'with', 'history'), events);
  step();
  const agent = await startAgent(await writeConfig({ ...options, name: 'with', page: true }));
  try {
    const page = agent.page!;
    const look = { page, camera: 'front', perSecond };
    const alone = await settledMemory(agent, seconds);
    step();
    const first: number[] = [];
    for (let at = 0; at < opens; at++) {
      const { viewer, firstMs } = await openViewer(look);
      first.push(firstMs);
      viewer.close();
    }
    step();
    const rates = { 0: noRate(), 1: noRate(), 3: noRate(), 10: noRate() };
    for (let round = 0; round < rounds; round++) {
      for (const count of counts) {
        const opened = await Promise.all(Array.from({ length: count }, () => openViewer(look)));
        const before = { frames: await agent.inferred(), cpuMs: await agent.cpuMs(), ms: performance.now() };
        const rate = rates[count];
        for (let second = 0; second < seconds; second++) {
          await pause(1000);
          rate.memoryBytes.push(await agent.memoryBytes());
        }
        rate.ms += performance.now() - before.ms;
        rate.cpuMs += (await agent.cpuMs()) - before.cpuMs;
        rate.frames += (await agent.inferred()) - before.frames;
        rate.pictures += opened.reduce((sum, { viewer }) => sum + viewer.pictures, 0);
        for (const { viewer } of opened) viewer.close();
        step();
      }
    }
    const perSecondOf = ({ frames, ms }: { frames: number; ms: number }) => (1000 * frames) / ms;
    const cpuOf = ({ cpuMs, ms }: { cpuMs: number; ms: number }) => cpuMs / ms;
    step();
    return {
      memoryBytes: {
        without,
        with: alone,
        nobody: medianOf(rates[0]),
        threeViewers: medianOf(rates[3]),
        tenViewers: medianOf(rates[10]),
      },
      detectionRatio: perSecondOf(rates[3]) / perSecondOf(rates[0]),
      detectionsPerSecond: { alone: perSecondOf(rates[0]), threeViewers: perSecondOf(rates[3]) },
      viewerCpuShare: cpuOf(rates[1]) - cpuOf(rates[0]),
      picturesPerSecond: (1000 * rates[1].pictures) / rates[1].ms,
      firstPictureMs: summarise(first),
    };
  } finally {
    await agent.stop();
  }
}

interface Rate {
  frames: number;
  ms: number;
  cpuMs: number;
  pictures: number;
  /** Of the agent and its worker, once a second. */
  readonly memoryBytes: number[];
}

function noRate(): Rate {
  return { frames: 0, ms: 0, cpuMs: 0, pictures: 0, memoryBytes: [] };
}

function medianOf({ memoryBytes }: Rate): number {
  return summarise(memoryBytes).median;
}

/** An agent that has just started still grows, with its page or without: that would count as what is measured next. */
const settledWithin = 0.005;
const mostWaits = 3;

async function settledMemory(agent: AgentProcess, seconds: number): Promise<number> {
  let before = Number.POSITIVE_INFINITY;
  for (let wait = 0; ; wait++) {
    await pause(1000 * seconds);
    const now = await agent.memoryBytes();
    if (wait > 0 && (now - before < settledWithin * now || wait === mostWaits)) return now;
    before = now;
  }
}

interface NamedRun extends PageBenchOptions {
  readonly name: string;
  readonly page: boolean;
}

async function memoryOf(run: NamedRun): Promise<number> {
  const agent = await startAgent(await writeConfig(run));
  try {
    return await settledMemory(agent, run.seconds);
  } finally {
    await agent.stop();
  }
}

async function writeConfig({ folder, name, page, model }: NamedRun) {
  const stateDir = join(folder, name);
  await mkdir(stateDir, { recursive: true });
  const config = {
    device: { id: 'bench' },
    mqtt: { embedded: { port: 0 } },
    cameras: {
      front: {
        source: { type: 'folder', path: join(folder, 'frames'), framesPerSecond: cameraFramesPerSecond },
        model,
        labels: [],
      },
    },
    outputs: {},
    rules: [],
    snapshots: { enabled: false },
    history: { enabled: page, quotaMb: 1000 },
    web: { listen: page ? '127.0.0.1:0' : 'off' },
    metrics: { listen: '127.0.0.1:0' },
  };
  const configFile = join(folder, `${name}.json`);
  // JSON is YAML.
  await writeFile(configFile, JSON.stringify(config));
  return { configFile, stateDir, hasPage: page };
}

async function keepFrames({ folder, frames }: PageBenchOptions): Promise<void> {
  await mkdir(join(folder, 'frames'), { recursive: true });
  for (const [at, frame] of frames.entries()) {
    await writeFile(join(folder, 'frames', `${String(at).padStart(3, '0')}.jpg`), frame);
  }
}

async function keepEvents(folder: string, count: number): Promise<void> {
  const store = new EventStore({ folder, maxAgeDays: 3650, quotaMb: 1000, logger: silentLogger });
  await store.open();
  const nowMs = Date.now();
  for (let at = 0; at < count; at++) {
    store.add(eventRecord(at, nowMs - 20_000 * (count - at)));
    if (at % 1000 === 999) await store.written();
  }
  await store.close();
}

function eventRecord(number: number, startMs: number): EventRecord {
  return {
    id: `${startMs.toString(36)}-${number.toString(36)}`,
    camera: 'front',
    label: number % 3 === 0 ? 'person' : 'car',
    score: 0.8,
    startMs,
    endMs: startMs + 5000,
    reason: 'gone',
    zones: number % 5 === 0 ? ['drive'] : [],
    crossings: [],
    backend: 'xnnpack',
    modelSha256: 'ab'.repeat(32),
    scores: Array.from({ length: 20 }, (_, at) => [200 * at, 0.5 + 0.01 * at] as [number, number]),
    path: Array.from({ length: 20 }, (_, at) => [200 * at, 0.02 * at, 0.9] as [number, number, number]),
    verdicts: [],
    messages: [{ type: 'end', sequence: 2 * number, atMs: startMs + 5000 }],
    furtherMessages: 0,
    picture: false,
  };
}

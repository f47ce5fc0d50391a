/** Faults of worker and camera, in the whole agent as a user runs it, seen from its broker. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { findPlaces } from '../../src/config/places.ts';
import { defaultTiming } from '../../src/flow/capture/machine.ts';
import { goby, type Program } from '../end-to-end/program.ts';
import { makeWorkplace, samplesConfig } from '../end-to-end/workplace.ts';
import { prepareMosquitto } from '../flow/publish/mosquitto.ts';
import { until } from '../flow/publish/waiting.ts';
import { type Heard, Ledger, listen } from './ledger.ts';
import type { Fault } from './outbox-faults.ts';
import { type Scope, scoped } from './scope.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const places = findPlaces();

const healthSchema = z.record(z.string(), z.looseObject({ state: z.string() }));
const detectionsSchema = z.looseObject({ time: z.iso.datetime() });

interface AgentStage {
  readonly agent: Program;
  readonly ledger: Ledger;
  /** Position behind what was heard so far. */
  now(): number;
  /** Waits for a message on a topic, behind a position. */
  heard(topic: string, matches: (payload: string) => boolean, from: number): Promise<Heard>;
  readonly garbleFlag: string;
  /** Holds the state of the agent; absent: it lies on the machine's own. */
  readonly disk: SmallDisk | undefined;
}

/** All times are those that a user gets who sets none. */
const camera = {
  source: { type: 'rpicam', format: 'mjpeg', framesPerSecond: 10 },
  model: 'face-detection-short-range',
  minScore: 0.5,
};

/** Faults hit what runs steadily: more of them sooner are a part that keeps failing, which is left alone for a while on purpose. */
const calmMs = { worker: 3000, 'camera/front': defaultTiming.stableMs + 1000, outbox: 1000 };

async function stage(scope: Scope, { cameraMode = 'ok', smallDisk }: AgentFault): Promise<AgentStage> {
  const broker = await prepareMosquitto(scope, scope.folder(), ['allow_anonymous true', 'max_inflight_messages 0']);
  await broker.start();
  const ledger = new Ledger();
  await listen(scope, broker.address, ledger);
  const workplace = makeWorkplace({
    ...samplesConfig,
    mqtt: { broker: broker.address },
    cameras: { front: camera },
  });
  scope.teardown(() => workplace.remove());
  const garbleFlag = join(workplace.folder, 'garble');
  const disk = smallDisk ? mountSmallDisk(scope) : undefined;
  const agent = goby(['run', '--config', workplace.configFile], {
    env: {
      ...workplace.env,
      ...(disk === undefined ? {} : { GOBY_STATE_DIR: disk.folder }),
      PATH: `${join(places.root, 'test', 'fixtures', 'programs')}:${process.env['PATH']}`,
      GOBY_STAND_IN_PHOTOS: places.photos,
      GOBY_STAND_IN_MODE: cameraMode,
      GOBY_GARBLE_FLAG: garbleFlag,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'garble-worker.mjs')}`,
    },
  });
  scope.teardown(() => agent.end('SIGKILL'));
  const at: AgentStage = {
    agent,
    ledger,
    garbleFlag,
    disk,
    now: () => ledger.other.length,
    heard: async (topic, matches, from) => {
      let found: Heard | undefined;
      await until(
        () => `${topic}, ${matches}; the agent says:\n${agent.lines.slice(-5).join('\n')}`,
        () => {
          found = ledger.other.slice(from).find((one) => one.topic === `goby/test/${topic}` && matches(one.payload));
          return found !== undefined;
        },
      );
      return found!;
    },
  };
  await at.heard('front/detections', (payload) => payload.includes('"label":"face"'), 0);
  return at;
}

interface AgentFault {
  readonly fault: string;
  readonly cameraMode?: string;
  readonly smallDisk?: true;
  /** Whose fault it is; absent: nothing is to stop. */
  readonly part?: keyof typeof calmMs;
  readonly strike: (at: AgentStage) => Promise<void> | void;
  /** What ends the fault, where goby can't. */
  readonly mend?: (at: AgentStage) => void;
  /** The LED must go off once no detection can come; absent: the fault is too short for it. */
  readonly outputs?: 'off-meanwhile';
}

/** In ms from the blow. */
interface Recovery {
  /** Until health told it. */
  readonly noticedMs?: number;
  /** Until the next detection at the broker, of a frame that a camera which failed gave after it. */
  readonly backMs: number;
  readonly isSafe: boolean;
}

async function once(at: AgentStage, { part, strike, mend, outputs }: AgentFault): Promise<Recovery> {
  await until('the LED to be on', () => isOn(at.ledger));
  if (part !== undefined) await pause(calmMs[part]);
  const from = at.now();
  const struckMs = performance.now();
  await strike(at);
  if (part === undefined) {
    const { atMs } = await at.heard('front/detections', () => true, at.now());
    return { backMs: atMs - struckMs, isSafe: true };
  }
  const told = await at.heard('health', (payload) => !isWell(payload, part), from);
  const toldWallMs = Date.now() - (performance.now() - told.atMs);
  const back = await at.heard(
    'front/detections',
    (payload) => part !== 'camera/front' || frameTimeMs(payload) > toldWallMs,
    at.ledger.other.indexOf(told),
  );
  const off = outputs && at.ledger.other.slice(from, at.ledger.other.indexOf(back)).some(isOff);
  if (mend) {
    const mendedFrom = at.now();
    mend(at);
    await at.heard('health', (payload) => isWell(payload, part), mendedFrom);
  }
  return { noticedMs: told.atMs - struckMs, backMs: back.atMs - struckMs, isSafe: off !== false };
}

function repeated(fault: AgentFault): Fault {
  return (times, onProgress) =>
    scoped(async (scope) => {
      const at = await stage(scope, fault);
      const all: Recovery[] = [];
      for (let index = 0; index < times; index++) {
        all.push(await once(at, fault));
        onProgress(index + 1);
      }
      if (at.agent.child.exitCode !== null) throw new Error(`the agent ended: ${at.agent.text}`);
      await at.agent.end('SIGTERM');
      const verdict = at.ledger.verdict();
      const noticed = all.flatMap(({ noticedMs }) => noticedMs ?? []);
      return {
        fault: fault.fault,
        times,
        sent: verdict.received + verdict.lost,
        ...verdict,
        ...(noticed.length === 0 ? {} : { worstNoticedMs: Math.max(...noticed) }),
        worstRecoveryMs: Math.max(...all.map(({ backMs }) => backMs)),
        outputs: fault.outputs === undefined ? '-' : all.every(({ isSafe }) => isSafe) ? 'safe' : 'unsafe',
      };
    });
}

/** Does a message of health say so of this part? */
function isWell(payload: string, part: keyof typeof calmMs): boolean {
  const { state } = healthSchema.parse(JSON.parse(payload))[part] ?? {};
  return state === (part === 'camera/front' ? 'streaming' : 'ready');
}

function frameTimeMs(payload: string): number {
  return Date.parse(detectionsSchema.parse(JSON.parse(payload)).time);
}

function isOff({ topic, payload }: Heard): boolean {
  return topic === 'goby/test/output/led/state' && payload.includes('"OFF"');
}

/** What the LED was last told to be. */
function isOn({ other }: Ledger): boolean {
  const last = other.findLast(({ topic }) => topic === 'goby/test/output/led/state');
  return last?.payload.includes('"ON"') ?? false;
}

/** Children of the agent whose command line has this. */
function childrenOf({ agent }: AgentStage, what: string): number[] {
  const { pid } = agent.child;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text.trim() !== '')
    .map(Number)
    .filter((child) => commandLine(child).includes(what));
}

/** Empty for a process that has just ended. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Waits for it where it is just being started again. */
async function signal(at: AgentStage, what: string, name: NodeJS.Signals): Promise<void> {
  await until(`a child ${what} of the agent`, () => childrenOf(at, what).length > 0);
  for (const pid of childrenOf(at, what)) process.kill(pid, name);
}

export const agentFaults: Readonly<Record<string, Fault>> = {
  'worker-killed': repeated({
    fault: 'worker killed',
    part: 'worker',
    strike: (at) => signal(at, 'worker', 'SIGKILL'),
  }),
  'worker-stopped': repeated({
    fault: 'worker stopped',
    part: 'worker',
    strike: (at) => signal(at, 'worker', 'SIGSTOP'),
  }),
  'worker-garbage': repeated({
    fault: 'worker answers garbage',
    part: 'worker',
    strike: (at) => writeFileSync(at.garbleFlag, ''),
  }),
  'camera-killed': repeated({
    fault: 'camera program killed',
    part: 'camera/front',
    strike: (at) => signal(at, 'rpicam-vid', 'SIGKILL'),
    outputs: 'off-meanwhile',
  }),
  'camera-stalled': repeated({
    fault: 'camera stalls',
    part: 'camera/front',
    strike: (at) => signal(at, 'rpicam-vid', 'SIGSTOP'),
    outputs: 'off-meanwhile',
  }),
  'camera-floods': repeated({
    fault: 'camera floods',
    cameraMode: 'flood',
    strike: () => undefined,
  }),
  'state-disk-full': repeated({
    fault: 'disk of the state full',
    smallDisk: true,
    part: 'outbox',
    strike: ({ disk }) => disk?.fill(),
    mend: ({ disk }) => disk?.empty(),
  }),
};

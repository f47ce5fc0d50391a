/** Faults of worker and camera, in the whole agent as a user runs it, seen from its broker. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPlaces } from '../../src/config/places.ts';
import { goby, type Program } from '../end-to-end/program.ts';
import { makeWorkplace, samplesConfig } from '../end-to-end/workplace.ts';
import { prepareMosquitto } from '../publish/mosquitto.ts';
import { until } from '../publish/waiting.ts';
import { Ledger, listen } from './ledger.ts';
import type { Fault } from './outbox-faults.ts';
import { type Scope, scoped } from './scope.ts';

const places = findPlaces();

interface AgentStage {
  readonly agent: Program;
  readonly ledger: Ledger;
  /** Position behind what was heard so far. */
  now(): number;
  /** Waits for a message on a topic, behind a position. */
  heard(topic: string, pattern: RegExp, from: number): Promise<void>;
  readonly garbleFlag: string;
}

/** How often a fault of the camera comes: it must be streaming for a while before the next. */
const camera = {
  source: { type: 'rpicam', format: 'mjpeg', framesPerSecond: 10 },
  model: 'face-detection-short-range',
  minScore: 0.5,
  stallTimeoutMs: 5000,
};

async function stage(scope: Scope, cameraMode = 'ok'): Promise<AgentStage> {
  const broker = await prepareMosquitto(scope, scope.folder(), ['allow_anonymous true', 'max_inflight_messages 0']);
  await broker.start();
  const ledger = new Ledger();
  await listen(scope, broker.address, ledger);
  const workplace = makeWorkplace({
    ...samplesConfig,
    mqtt: { broker: broker.address },
    infer: { deadlineMs: 1000 },
    cameras: { front: camera },
  });
  scope.teardown(() => workplace.remove());
  const garbleFlag = join(workplace.folder, 'garble');
  const agent = goby(['run', '--config', workplace.configFile], {
    env: {
      ...workplace.env,
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
    now: () => ledger.other.length,
    heard: (topic, pattern, from) =>
      until(
        () => `${topic} ${pattern}; the agent says:\n${agent.lines.slice(-5).join('\n')}`,
        () => ledger.other.slice(from).some((one) => one.topic === `goby/test/${topic}` && pattern.test(one.payload)),
      ),
  };
  await at.heard('front/detections', /"label":"face"/, 0);
  return at;
}

/** @param outputs what to look for: the LED off once no detection can come, or undefined where the fault is too short for it */
function repeated(options: {
  fault: string;
  cameraMode?: string;
  once(at: AgentStage): Promise<void> | void;
  outputs?: 'off-meanwhile';
}): Fault {
  return (times, onProgress) =>
    scoped(async (scope) => {
      const at = await stage(scope, options.cameraMode);
      let worstRecoveryMs = 0;
      let isSafe = true;
      for (let index = 0; index < times; index++) {
        await until('the LED to be on', () => isOn(at.ledger));
        const from = at.now();
        let fromMs = performance.now();
        await options.once(at);
        if (options.outputs) {
          await at.heard('output/led/state', /"OFF"/, from).catch(() => {
            isSafe = false;
          });
          // A camera may be silent for its stall timeout: what counts is how soon it is back.
          fromMs = performance.now();
        }
        await at.heard('front/detections', /./, at.now());
        worstRecoveryMs = Math.max(worstRecoveryMs, performance.now() - fromMs);
        onProgress(index + 1);
      }
      if (at.agent.child.exitCode !== null) throw new Error(`the agent ended: ${at.agent.text}`);
      await at.agent.end('SIGTERM');
      const verdict = at.ledger.verdict();
      const outputs = options.outputs === undefined ? ('-' as const) : isSafe ? ('safe' as const) : ('unsafe' as const);
      return {
        fault: options.fault,
        times,
        sent: verdict.received + verdict.lost,
        ...verdict,
        worstRecoveryMs,
        outputs,
      };
    });
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

async function workerFault(at: AgentStage, strike: () => Promise<void> | void): Promise<void> {
  const from = at.now();
  await strike();
  await at.heard('health', /"worker":\{"state":"(?!ready)/, from);
}

export const agentFaults: Readonly<Record<string, Fault>> = {
  'worker-killed': repeated({
    fault: 'worker killed',
    once: (at) => workerFault(at, () => signal(at, 'worker', 'SIGKILL')),
  }),
  'worker-stopped': repeated({
    fault: 'worker stopped',
    once: (at) => workerFault(at, () => signal(at, 'worker', 'SIGSTOP')),
  }),
  'worker-garbage': repeated({
    fault: 'worker answers garbage',
    once: (at) => workerFault(at, () => writeFileSync(at.garbleFlag, '')),
  }),
  'camera-killed': repeated({
    fault: 'camera program killed',
    once: (at) => signal(at, 'rpicam-vid', 'SIGKILL'),
    outputs: 'off-meanwhile',
  }),
  'camera-stalled': repeated({
    fault: 'camera stalls',
    once: (at) => signal(at, 'rpicam-vid', 'SIGSTOP'),
    outputs: 'off-meanwhile',
  }),
  'camera-floods': repeated({
    fault: 'camera floods',
    cameraMode: 'flood',
    once: (at) => at.heard('front/detections', /./, at.now()),
  }),
};

/** Each live setting, changed over MQTT while the agent runs, has its effect: one case a key, and a key without a case is a type error. */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import type { LiveKey } from '../../../src/config/settable.ts';
import type { LookedAt } from '../../../src/flow/interpret/detection.ts';
import { markOf } from '../../../src/flow/size-watch.ts';
import { keptText } from '../../../src/flow/sizes/kept-sizes.ts';
import { shrunk } from '../../../src/flow/sizes/view.ts';
import type { Observer } from '../../flow/publish/observer.ts';
import { until } from '../../flow/publish/waiting.ts';
import { drawnStreet, heightsOf } from '../../flow/sizes/drawn-street.ts';
import {
  type AgentSetUp,
  type AgentUnderTest,
  agentUnderTest,
  ask,
  car,
  lightFor,
  person,
} from '../agent-under-test.ts';

interface Case extends AgentSetUp {
  /** Absent: the key with `front` for the camera. */
  readonly key?: string;
  readonly value: unknown;
  /** Brings about what the setting changes. @returns what can be seen of it */
  observe(agent: AgentUnderTest, observer: Observer): Promise<unknown>;
  readonly before: unknown;
  readonly after: unknown;
}

type Scene = AgentUnderTest['engine']['scene'];

const seenLabels = async (agent: AgentUnderTest) => (await agent.frame()).detections.map(({ label }) => label);

/** Whether an event of a car has begun since the last time. */
async function followsCars(agent: AgentUnderTest, observer: Observer): Promise<boolean> {
  agent.engine.scene = [person(), car()];
  const from = observer.heard.length;
  await agent.frame();
  await pause(30);
  await agent.frame();
  const detections = () => observer.heard.slice(from).filter(({ topic }) => topic === 'goby/pi/front/detections');
  await until('both frames are published', () => detections().length >= 2);
  return observer.heard.slice(from).some(({ topic }) => topic === 'goby/pi/front/object/car');
}

/** How many of three frames, each with something else in it, are published. */
async function published(
  agent: AgentUnderTest,
  observer: Observer,
  scenes = [[], [person()], [car()]],
): Promise<number> {
  const from = observer.heard.length;
  for (const scene of scenes) {
    agent.engine.scene = scene;
    await agent.frame();
    // At most a hundred a second are published.
    await pause(30);
  }
  await answered(observer);
  return observer.heard.slice(from).filter(({ topic }) => topic === 'goby/pi/front/detections').length;
}

/** Shows these scenes, the last one three times, after some time without anything, and nothing behind them. */
async function show(agent: AgentUnderTest, scenes: readonly Scene[]): Promise<void> {
  const empty: Scene[] = Array.from({ length: 5 }, () => []);
  for (const scene of [...empty, ...scenes, ...scenes.slice(-1), ...scenes.slice(-1), ...empty]) {
    agent.engine.scene = scene;
    await agent.frame();
    // Nobody walks through a picture within milliseconds: the tracker would see somebody else.
    await pause(30);
  }
}

/** @returns what the end of the event tells */
async function ended(
  agent: AgentUnderTest,
  observer: Observer,
  scenes: readonly Scene[] = [[person()]],
): Promise<{ enteredZones: string[]; crossings: { line: string }[] }> {
  const from = observer.heard.length;
  await show(agent, scenes);
  const end = () => observer.heard.slice(from).find(({ payload }) => payload.includes('"type":"end"'));
  await until('the event ends', () => end() !== undefined);
  return JSON.parse(end()!.payload);
}

/** Whether somebody is told to be present. */
async function isTold(agent: AgentUnderTest, observer: Observer): Promise<boolean> {
  const from = observer.heard.length;
  await show(agent, [[person()]]);
  await answered(observer);
  const presences = observer.heard.slice(from).filter(({ topic }) => topic === 'goby/pi/front/object/person');
  return presences.some(({ payload }) => payload === 'ON');
}

/** Waits for an answer, which comes behind what was published before in the same session. */
async function answered(observer: Observer): Promise<void> {
  const from = observer.heard.length;
  await ask(observer, 'ping', {});
  await until('the ping is answered', () =>
    observer.heard.slice(from).some(({ topic }) => /response\/ping/.test(topic)),
  );
}

/** Shows a person for longer than anything needs to count as stationary, and then nothing. */
async function stand(agent: AgentUnderTest): Promise<void> {
  agent.engine.scene = [person()];
  const { monotonicMs: fromMs } = await agent.frame();
  while ((await agent.frame()).monotonicMs - fromMs < 1300) await pause(50);
  agent.engine.scene = [];
  for (let frames = 0; frames < 5; frames++) await agent.frame();
}

/** Whether more than one of several equal pictures is looked at: a gate holds the others back. */
async function areLookedAt(agent: AgentUnderTest): Promise<boolean> {
  const before = agent.seen.length;
  for (let frames = 0; frames < 6; frames++) {
    agent.give();
    await pause(150);
  }
  return agent.seen.length - before > 2;
}

const everywhere = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const apart = [
  [0.9, 0],
  [1, 0],
  [1, 0.1],
];
/** From the left to the right, in steps that overlap. */
const walk = Array.from(
  { length: 7 },
  (_, step): Scene => [{ classIndex: 0, score: 0.9, box: [0.1 + 0.03 * step, 0.1, 0.4 + 0.03 * step, 0.9] }],
);
/** Time for a slow machine between two steps. */
const walking = { holdMs: 1000, tracking: { confirmHits: 1, stationaryHoldMs: 0 } };
const gone = { holdMs: 0, tracking: { confirmHits: 1, stationaryHoldMs: 0 } };
const zonesTold: Case['observe'] = async (agent, observer) => (await ended(agent, observer)).enteredZones;
const linesCrossed: Case['observe'] = async (agent, observer) =>
  (await ended(agent, observer, walk)).crossings.map(({ line }) => line);
const withGate = (motion: object) => ({
  camera: { motion: { gate: 'on', lingerMs: 0, forcedLookMs: 600_000, ...motion } },
});

/** What the camera sees, and what was learnt there in earlier days: people of a tenth of the picture where person() stands. */
const street = drawnStreet(640, 480);
const smallPeople = keptText({
  of: { widthPx: 640, heightPx: 480, rotationDeg: 0, source: markOf({ type: 'auto' }) },
  picture: shrunk({ widthPx: 640, heightPx: 480, bytes: street }),
  heights: heightsOf('person', [0.25, 0.9], 0.1),
});

const frames = 10;

/** What is looked at in so many frames. */
async function regionsOf(agent: AgentUnderTest): Promise<readonly LookedAt[]> {
  const all: LookedAt[] = [];
  for (let at = 0; at < frames; at++) {
    await pause(20);
    all.push(...((await agent.frame()).regions ?? []));
  }
  return all;
}

const cases: Record<LiveKey, Case> = {
  'cameras.*.zones.*.points': {
    key: 'cameras.front.zones.drive.points',
    camera: { ...gone, zones: { drive: { points: apart } } },
    value: everywhere,
    observe: zonesTold,
    before: [],
    after: ['drive'],
  },
  'cameras.*.zones.*.labels': {
    key: 'cameras.front.zones.drive.labels',
    camera: { ...gone, zones: { drive: { points: everywhere, labels: ['car'] } } },
    value: [],
    observe: zonesTold,
    before: [],
    after: ['drive'],
  },
  'cameras.*.zones.*.minDwellMs': {
    key: 'cameras.front.zones.drive.minDwellMs',
    camera: { ...gone, zones: { drive: { points: everywhere, minDwellMs: 3_600_000 } } },
    value: 0,
    observe: zonesTold,
    before: [],
    after: ['drive'],
  },
  'cameras.*.lines.*.from': {
    key: 'cameras.front.lines.gate.from',
    camera: { ...walking, lines: { gate: { from: [0.34, 0.99], to: [0.34, 1] } } },
    value: [0.34, 0],
    observe: linesCrossed,
    before: [],
    after: ['gate'],
  },
  'cameras.*.lines.*.to': {
    key: 'cameras.front.lines.gate.to',
    camera: { ...walking, lines: { gate: { from: [0.34, 0], to: [0.34, 0.1] } } },
    value: [0.34, 1],
    observe: linesCrossed,
    before: [],
    after: ['gate'],
  },
  'cameras.*.masks': { camera: gone, value: [everywhere], observe: isTold, before: true, after: false },
  'cameras.*.filters.*.minScore': {
    key: 'cameras.front.filters.person.minScore',
    camera: gone,
    value: 0.95,
    observe: isTold,
    before: true,
    after: false,
  },
  'cameras.*.filters.*.minArea': {
    key: 'cameras.front.filters.person.minArea',
    camera: gone,
    value: 0.9,
    observe: isTold,
    before: true,
    after: false,
  },
  'cameras.*.filters.*.maxArea': {
    key: 'cameras.front.filters.person.maxArea',
    camera: gone,
    value: 0.1,
    observe: isTold,
    before: true,
    after: false,
  },
  'cameras.*.filters.*.minRatio': {
    key: 'cameras.front.filters.person.minRatio',
    camera: gone,
    value: 2,
    observe: isTold,
    before: true,
    after: false,
  },
  'cameras.*.filters.*.maxRatio': {
    key: 'cameras.front.filters.person.maxRatio',
    camera: gone,
    value: 0.1,
    observe: isTold,
    before: true,
    after: false,
  },
  'cameras.*.filters.*.usualSize': {
    key: 'cameras.front.filters.person.usualSize',
    camera: { ...gone, minScore: 0.6, regions: { mode: 'off' } },
    size: [640, 480],
    luma: street,
    state: { 'sizes/front.json': smallPeople },
    value: true,
    observe: isTold,
    before: true,
    after: false,
  },
  'cameras.*.tracking.confirmHits': { camera: gone, value: 10, observe: isTold, before: true, after: false },
  'cameras.*.tracking.stationaryAfterMs': {
    camera: { holdMs: 500, tracking: { confirmHits: 1, stationaryAfterMs: 3_600_000, stationaryHoldMs: 0 } },
    value: 1000,
    observe: async (agent, observer) => {
      const from = observer.heard.length;
      await stand(agent);
      const end = () => observer.heard.slice(from).find(({ payload }) => payload.includes('"type":"end"'));
      await until('the event ends', () => end() !== undefined);
      return JSON.parse(end()!.payload).stationary;
    },
    before: false,
    after: true,
  },
  'cameras.*.tracking.stationaryHoldMs': {
    // No hold at all would end it between two frames.
    camera: { holdMs: 500, tracking: { confirmHits: 1, stationaryAfterMs: 1000, stationaryHoldMs: 3_600_000 } },
    value: 0,
    observe: async (agent, observer) => {
      await stand(agent);
      await pause(800);
      await agent.frame();
      await answered(observer);
      return observer.heard.findLast(({ topic }) => topic === 'goby/pi/front/object/person')?.payload;
    },
    before: 'ON',
    after: 'OFF',
  },
  'cameras.*.motion.gate': {
    ...withGate({ gate: 'off' }),
    value: 'on',
    observe: areLookedAt,
    before: true,
    after: false,
  },
  'cameras.*.motion.lingerMs': {
    ...withGate({ lingerMs: 60_000 }),
    value: 0,
    observe: areLookedAt,
    before: true,
    after: false,
  },
  'cameras.*.motion.forcedLookMs': {
    ...withGate({}),
    value: 100,
    observe: areLookedAt,
    before: false,
    after: true,
  },
  'cameras.*.minScore': {
    value: 0.3,
    observe: (agent) => {
      agent.engine.scene = [person(0.4)];
      return seenLabels(agent);
    },
    before: [],
    after: ['person'],
  },
  'cameras.*.maxDetections': {
    value: 1,
    observe: (agent) => {
      agent.engine.scene = [person(), car(0.8)];
      return seenLabels(agent);
    },
    before: ['person', 'car'],
    after: ['person'],
  },
  'cameras.*.labels': { value: ['person', 'car'], observe: followsCars, before: false, after: true },
  'cameras.*.holdMs': {
    value: 0,
    camera: { holdMs: 3_600_000 },
    observe: async (agent, observer) => {
      agent.engine.scene = [person()];
      await agent.frame();
      agent.engine.scene = [];
      const from = observer.heard.length;
      for (let frames = 0; frames < 5; frames++) await agent.frame();
      await published(agent, observer);
      return observer.heard.slice(from).some(({ topic, payload }) => /events$/.test(topic) && /"end"/.test(payload));
    },
    before: false,
    after: true,
  },
  'cameras.*.regions.mode': {
    value: 'off',
    size: [640, 480],
    observe: async (agent) => (await agent.frame()).regions !== undefined,
    before: true,
    after: false,
  },
  'cameras.*.regions.maxInferencesPerFrame': {
    value: 1,
    size: [640, 480],
    observe: async (agent) => (await regionsOf(agent)).length > frames,
    before: true,
    after: false,
  },
  'cameras.*.regions.minSidePx': {
    value: 400,
    size: [640, 480],
    observe: async (agent) => {
      const sides = (await regionsOf(agent)).map(({ box }) => Math.round((box[2] - box[0]) * 640));
      return Math.min(...sides) < 400;
    },
    before: true,
    after: false,
  },
  'cameras.*.regions.wholeFrameMs': {
    value: 100,
    size: [640, 480],
    camera: { regions: { wholeFrameMs: 600_000 } },
    observe: async (agent) => {
      await agent.frame();
      await pause(150);
      const { regions = [] } = await agent.frame();
      return regions.some(({ reason }) => reason === 'whole');
    },
    before: false,
    after: true,
  },
  rules: {
    value: [lightFor('person')],
    observe: async (agent) => {
      agent.engine.scene = [person()];
      await agent.frame();
      return agent.led.at(-1) ?? false;
    },
    before: false,
    after: true,
  },
  'publish.detections': { value: 'off', observe: (agent, observer) => published(agent, observer), before: 3, after: 0 },
  'publish.maxPerSecond': {
    value: 100,
    config: { publish: { detections: 'all', maxPerSecond: 0.01, telemetryIntervalMs: 86_400_000 } },
    observe: async (agent, observer) => {
      // The first of all may go out at any rate.
      await published(agent, observer, [[]]);
      return (await published(agent, observer)) > 0;
    },
    before: false,
    after: true,
  },
  'publish.telemetryIntervalMs': {
    value: 86_000_000,
    observe: async (agent, observer) => {
      // Each interval begins with a reading.
      const readings = () => observer.of('goby/pi/telemetry').length;
      const isChanged = agent.log.some((line) => line.includes('(MQTT)'));
      await until('a reading', () => readings() > (isChanged ? 1 : 0));
      return readings() > 1;
    },
    before: false,
    after: true,
  },
  'log.level': {
    value: 'debug',
    observe: async (agent) => agent.threshold.level,
    before: 'info',
    after: 'debug',
  },
};

for (const [key, { key: named, value, observe, before, after, ...setUp }] of Object.entries(cases)) {
  // One after the other: thirty agents that start at the same time are slower than their own patience.
  test.serial(`${key} takes effect at once`, async (t) => {
    const agent = agentUnderTest(t, setUp);
    await agent.start();
    const observer = await agent.observe();
    agent.give();
    await observer.message('goby/pi/health', (health) => /"streaming"/.test(JSON.stringify(health)));
    t.deepEqual(await observe(agent, observer), before);
    await ask(observer, 'config-set', { key: named ?? key.replace('*', 'front'), value });
    // Logged in the step that makes it take effect.
    await until('the change is made', () => agent.log.some((line) => line.includes('(MQTT)')));
    t.deepEqual(await observe(agent, observer), after);
  });
}

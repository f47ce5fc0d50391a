/** Each live setting, changed over MQTT while the agent runs, has its effect: one case a key, and a key without a case is a type error. */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import type { LiveKey } from '../../../src/config/settable.ts';
import type { LookedAt } from '../../../src/flow/interpret/detection.ts';
import type { Observer } from '../../flow/publish/observer.ts';
import { until } from '../../flow/publish/waiting.ts';
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
  readonly value: unknown;
  /** Brings about what the setting changes. @returns what can be seen of it */
  observe(agent: AgentUnderTest, observer: Observer): Promise<unknown>;
  readonly before: unknown;
  readonly after: unknown;
}

const seenLabels = async (agent: AgentUnderTest) => (await agent.frame()).detections.map(({ label }) => label);

/** Whether an event of a car has begun since the last time. */
async function followsCars(agent: AgentUnderTest, observer: Observer): Promise<boolean> {
  agent.engine.scene = [person(), car()];
  const from = observer.heard.length;
  await agent.frame();
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
  }
  await ask(observer, 'ping', {});
  // Behind the detections in the same session.
  await until('the ping is answered', () =>
    observer.heard.slice(from).some(({ topic }) => /response\/ping/.test(topic)),
  );
  return observer.heard.slice(from).filter(({ topic }) => topic === 'goby/pi/front/detections').length;
}

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

for (const [key, { value, observe, before, after, ...setUp }] of Object.entries(cases)) {
  test(`${key} takes effect at once`, async (t) => {
    const agent = agentUnderTest(t, setUp);
    await agent.start();
    const observer = await agent.observe();
    agent.give();
    await observer.message('goby/pi/health', (health) => /"streaming"/.test(JSON.stringify(health)));
    t.deepEqual(await observe(agent, observer), before);
    await ask(observer, 'config-set', { key: key.replace('*', 'front'), value });
    // Logged in the step that makes it take effect.
    await until('the change is made', () => agent.log.some((line) => line.includes('(MQTT)')));
    t.deepEqual(await observe(agent, observer), after);
  });
}

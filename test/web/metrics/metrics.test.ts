/** What Prometheus reads, and that the Grafana board asks for nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createHistogram } from '../../../src/system/measure/histogram.ts';
import { type AgentMeasures, agentMetrics } from '../../../src/web/metrics/agent-metrics.ts';
import { exposition } from '../../../src/web/metrics/exposition.ts';
import { places } from '../../requiring.ts';

const durations = createHistogram();
for (const seconds of [0.001, 0.012, 0.012, 0.4, 9]) durations.observe(seconds);

const flags = { undervoltage: false, frequencyCapped: true, throttled: false, softTemperatureLimit: false };
const measures: AgentMeasures = {
  version: '0.1.0',
  startedAtMs: 1_760_000_000_000,
  health: { worker: { state: 'ready', sinceMs: 0 }, 'camera/front': { state: 'streaming', sinceMs: 0 } },
  device: {
    cpuTemperatureC: 51.2,
    throttling: { now: flags, sinceBoot: { ...flags, undervoltage: true }, raw: '0x10002' },
    undervoltage: false,
    load: { oneMinute: 0.5, fiveMinutes: 0.4, fifteenMinutes: 0.3 },
    cpu: { machineShare: 0.3, gobyShare: 0.2 },
    memory: { totalBytes: 1e9, availableBytes: 5e8, agentPssBytes: 9e7, workersPssBytes: 7e7 },
    disk: { totalBytes: 3e10, freeBytes: 1e10 },
  },
  cameras: {
    front: {
      frames: { inferred: 100, dropped: 2, skipped: 30, corrupt: 0 },
      framesPerSecond: 9.8,
      restartsTotal: 1,
      regions: { track: 70, whole: 20 },
      regionsLeftOutTotal: 5,
      eventsTotal: { person: 3, 'say "hi"\\\n': 1 },
      inferences: [{ model: 'ssdlite', backend: 'xnnpack', durations: durations.snapshot() }],
    },
  },
  outbox: { waitingEvents: 4, oldestSeconds: 12.5, bytes: 8192, lostTotal: 0 },
  messagesTotal: { events: 9, state: 3 },
  workerRestartsTotal: { crashed: 1 },
  backend: 'xnnpack',
  outputs: { led: true, horn: undefined },
  viewers: 2,
};

const text = exposition(agentMetrics(measures));
const names = new Set(agentMetrics(measures).map(({ name }) => name));

test('values stand with their labels, and what is not known is left out', (t) => {
  for (const line of [
    'goby_build_info{version="0.1.0"} 1',
    'goby_frames_total{camera="front",outcome="skipped"} 30',
    'goby_regions_total{camera="front",reason="track"} 70',
    'goby_regions_left_out_total{camera="front"} 5',
    'goby_events_total{camera="front",label="say \\"hi\\"\\\\\\n"} 1',
    'goby_outbox_oldest_seconds 12.5',
    'goby_throttled{flag="frequency_capped",when="now"} 1',
    'goby_throttled{flag="undervoltage",when="since_boot"} 1',
    'goby_output_on{output="led"} 1',
    'goby_inference_duration_seconds_bucket{camera="front",model="ssdlite",backend="xnnpack",le="0.015"} 3',
    'goby_inference_duration_seconds_bucket{camera="front",model="ssdlite",backend="xnnpack",le="+Inf"} 5',
    'goby_inference_duration_seconds_count{camera="front",model="ssdlite",backend="xnnpack"} 5',
  ]) {
    t.true(text.split('\n').includes(line), line);
  }
  t.notRegex(text, /horn|edgetpu|undefined|NaN/);
});

test('every line is one that the format knows, and every family is described once', (t) => {
  const sample = /^[a-z_]+[0-9]?[a-z_]*(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? (-?[0-9.e+-]+|[+-]Inf)$/;
  for (const line of text.trimEnd().split('\n')) t.true(line.startsWith('# ') || sample.test(line), line);
  const types = text.match(/^# TYPE .*$/gm)!;
  t.is(new Set(types).size, types.length);
  t.is(types.length, names.size);
});

test('names follow the rules: counters end in _total, nothing else does, units are base units', (t) => {
  for (const { name, type } of agentMetrics(measures)) {
    t.is(name.endsWith('_total'), type === 'counter', name);
    t.notRegex(name, /_(ms|percent|kb|mb|minutes)(_|$)/, name);
  }
});

test('a histogram counts up, and its sum is what was observed', (t) => {
  const { buckets, count, sumSeconds } = durations.snapshot();
  t.true(buckets.every((bucket, at) => at === 0 || bucket.count >= buckets[at - 1]!.count));
  t.is(count, 5);
  t.true(Math.abs(sumSeconds - 9.425) < 1e-9);
});

test('the Grafana board asks for metrics that goby gives, and by labels that they have', (t) => {
  const board = JSON.parse(readFileSync(join(places.root, 'config', 'examples', 'grafana.json'), 'utf8')) as {
    panels: { title: string; targets: { expr: string; legendFormat: string }[] }[];
  };
  t.true(board.panels.length >= 10);
  const asked = board.panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));
  for (const { title, expr, legendFormat } of asked) {
    const found = [...expr.matchAll(/goby_[a-z0-9_]+/g)].map(([name]) => name);
    t.true(found.length > 0, title);
    for (const name of found) {
      const family = name.replace(/_(bucket|sum|count)$/, '');
      t.true(names.has(family) || names.has(name), `${title}: ${name}`);
      const labels = text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .join();
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        t.true(label === 'instance' || labels.includes(`${label}="`), `${title}: ${label} of ${name}`);
      }
    }
  }
});

/**
 * `npm run soak`: the agent for hours, compressed: photos as fast as a folder gives them, and a broker that goes away once in
 * every minute of simulated time (600 frames). Prints memory, handles and latency over time as a plot and as JSON.
 * `npm run soak -- --frames 5000 --json`
 */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startProgress } from '../../src/terminal/progress.ts';
import { table } from '../../src/terminal/table.ts';
import { proportionalSetBytes } from '../../src/workshop/bench/memory.ts';
import { goby } from '../end-to-end/program.ts';
import { makeWorkplace, samplesConfig } from '../end-to-end/workplace.ts';
import { startProxiedBroker } from '../faults/proxied-broker.ts';
import { scoped } from '../faults/scope.ts';

const framesPerSecond = 100;
/** A minute at ten frames a second. */
const framesOfMinute = 600;

const telemetrySchema = z.looseObject({
  cameras: z.record(
    z.string(),
    z.looseObject({ framesTotal: z.number(), latency: z.record(z.string(), z.looseObject({ p95Ms: z.number() })) }),
  ),
});

interface Sample {
  readonly frames: number;
  /** Agent and worker, proportional set size. */
  readonly memoryBytes: number;
  /** Open file descriptors of the agent. */
  readonly handles: number;
  readonly latencyP95Ms: number;
}

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '36000' }, json: { type: 'boolean', default: false } },
});
if (!/^[1-9]\d{3,7}$/.test(values.frames)) {
  console.error('Usage: npm run soak -- [--frames COUNT, 1000 or more] [--json]');
  process.exit(64);
}
const wanted = Number(values.frames);

const outcome = await scoped(async (scope) => {
  const { proxy, ledger } = await startProxiedBroker(scope);
  const { front } = samplesConfig.cameras;
  const workplace = makeWorkplace({
    ...samplesConfig,
    cameras: { front: { ...front, source: { ...front.source, framesPerSecond } } },
    mqtt: { broker: proxy.address },
  });
  scope.teardown(() => workplace.remove());
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  scope.teardown(() => agent.end('SIGKILL'));
  const pid = agent.child.pid!;
  const samples: Sample[] = [];
  const progress = startProgress('soak', wanted);
  let reconnects = 0;
  let frames = 0;
  while (frames < wanted) {
    await pause(1000);
    if (agent.child.exitCode !== null) throw new Error(`the agent ended: ${agent.lines.slice(-5).join('\n')}`);
    const heard = ledger.other.splice(0).filter(({ topic }) => topic === 'goby/test/telemetry');
    const last = heard.at(-1);
    if (last === undefined) continue;
    const camera = telemetrySchema.parse(JSON.parse(last.payload)).cameras['front'];
    if (camera === undefined) continue;
    frames = camera.framesTotal;
    samples.push({
      frames,
      memoryBytes: await proportionalSetBytes(pid),
      handles: readdirSync(`/proc/${pid}/fd`).length,
      latencyP95Ms: camera.latency['total']?.p95Ms ?? 0,
    });
    progress.update(frames);
    if (Math.floor(frames / framesOfMinute) > reconnects) {
      reconnects += 1;
      await proxy.close();
      await pause(300);
      await proxy.open();
    }
  }
  progress.end();
  await agent.end('SIGTERM');
  return { frames, reconnects, ...ledger.verdict(), samples };
});

if (values.json) console.log(JSON.stringify(outcome, undefined, 2));
else {
  const { samples, frames, reconnects, received, lost, unmarked } = outcome;
  console.log(
    `${frames} frames, ${reconnects} reconnects, ${received} events received, ${lost} lost, ${unmarked} unmarked\n`,
  );
  console.log(plot('memory of agent and worker, MB', samples, ({ memoryBytes }) => memoryBytes / 1e6));
  console.log(plot('handles of the agent', samples, ({ handles }) => handles));
  console.log(plot('frame to MQTT, p95, ms', samples, ({ latencyP95Ms }) => latencyP95Ms));
}
process.exit(outcome.lost === 0 && outcome.unmarked === 0 ? 0 : 1);

/** Twenty rows over the run: frames, the value, a bar. */
function plot(title: string, samples: readonly Sample[], value: (sample: Sample) => number): string {
  const rows = 20;
  const step = Math.max(1, Math.floor(samples.length / rows));
  const shown = samples.filter((_, index) => index % step === 0);
  const most = Math.max(...shown.map(value));
  const bars = shown.map((sample) => [
    sample.frames,
    value(sample).toFixed(1),
    '#'.repeat(Math.round((value(sample) / most) * 50)),
  ]);
  return `${title}\n${table(['frames', 'value', 'plot'], bars)}\n`;
}

/**
 * `npm run soak`: the agent for hours, compressed: photos as fast as a folder gives them, and a broker that goes away once in
 * every minute of simulated time (600 frames). Prints memory, handles and latency over time as a plot and as JSON.
 * `npm run soak -- --frames 5000 --json`
 * `npm run soak -- --page --minutes 30`: the page with ten viewers, see page-soak.ts; fails where memory grows.
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
import { growthBytes, mostGrowth, type PageSample, soakPage } from './page-soak.ts';

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
  options: {
    frames: { type: 'string', default: '36000' },
    page: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});
if (!/^[1-9]\d{3,7}$/.test(values.frames) || !/^[1-9]\d{0,3}$/.test(values.minutes)) {
  console.error('Usage: npm run soak -- [--frames COUNT, 1000 or more | --page --minutes COUNT] [--json]');
  process.exit(64);
}
process.exit((await (values.page ? soakThePage() : soakTheAgent())) ? 0 : 1);

async function soakThePage(): Promise<boolean> {
  const seconds = 60 * Number(values.minutes);
  const progress = startProgress('soak', seconds);
  const outcome = await scoped((scope) =>
    soakPage(scope, { seconds, cutEverySeconds: 60, onSample: (sample) => progress.update(sample.seconds) }),
  );
  progress.end();
  const { samples, reconnects, reopened, pictures, lastPictureAgeMs, complaints } = outcome;
  const growth = {
    agent: growthBytes(samples, ({ agentBytes }) => agentBytes),
    tab: growthBytes(samples, ({ tabBytes }) => tabBytes),
    heap: growthBytes(samples, ({ heapBytes }) => heapBytes),
  };
  if (values.json) console.log(JSON.stringify({ ...outcome, growth }, undefined, 2));
  else {
    console.log(
      `${samples.at(-1)!.seconds} s, the tab came back ${reconnects} times, ${reopened} pages by socket opened again; pictures of each: ${pictures.join(', ')} (the last one reads nothing)`,
    );
    console.log(
      `The tab's picture was ${lastPictureAgeMs} ms old at the end. It complained of: ${complaints.join('; ') || 'nothing'}`,
    );
    for (const [what, bytes] of Object.entries(growth))
      console.log(`growth of ${what}: ${(bytes / 1e6).toFixed(1)} MB`);
    const at = ({ seconds: second }: PageSample) => second;
    console.log(`\n${plot('memory of agent and worker, MB', samples, ({ agentBytes }) => agentBytes / 1e6, at)}`);
    console.log(plot('memory of the tab, MB', samples, ({ tabBytes }) => tabBytes / 1e6, at));
    console.log(plot('heap of the tab, MB', samples, ({ heapBytes }) => heapBytes / 1e6, at));
  }
  return (
    growth.agent < mostGrowth.agentBytes &&
    growth.tab < mostGrowth.tabBytes &&
    growth.heap < mostGrowth.heapBytes &&
    complaints.length === 0
  );
}

async function soakTheAgent(): Promise<boolean> {
  const outcome = await runAgent(Number(values.frames));
  if (values.json) console.log(JSON.stringify(outcome, undefined, 2));
  else {
    const { samples, frames, reconnects, received, lost, unmarked } = outcome;
    const at = (sample: Sample) => sample.frames;
    console.log(
      `${frames} frames, ${reconnects} reconnects, ${received} events received, ${lost} lost, ${unmarked} unmarked\n`,
    );
    console.log(plot('memory of agent and worker, MB', samples, ({ memoryBytes }) => memoryBytes / 1e6, at));
    console.log(plot('handles of the agent', samples, ({ handles }) => handles, at));
    console.log(plot('frame to MQTT, p95, ms', samples, ({ latencyP95Ms }) => latencyP95Ms, at));
  }
  return outcome.lost === 0 && outcome.unmarked === 0;
}

function runAgent(wanted: number) {
  return scoped(async (scope) => {
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
}

/** Twenty rows over the run: when, the value, a bar. */
function plot<Of>(
  title: string,
  samples: readonly Of[],
  value: (sample: Of) => number,
  at: (sample: Of) => number,
): string {
  const rows = 20;
  const step = Math.max(1, Math.floor(samples.length / rows));
  const shown = samples.filter((_, index) => index % step === 0);
  const most = Math.max(...shown.map(value));
  const bars = shown.map((sample) => [
    at(sample),
    value(sample).toFixed(1),
    '#'.repeat(Math.round((value(sample) / most) * 50)),
  ]);
  return `${title}\n${table(['at', 'value', 'plot'], bars)}\n`;
}

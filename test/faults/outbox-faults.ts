/** Faults of broker, network, disk, clock and process, while events flow from a real outbox to a real mosquitto. */
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../flow/publish/waiting.ts';
import { type Ledger, listen } from './ledger.ts';
import { type ProxiedBroker, startProxiedBroker } from './proxied-broker.ts';
import type { FaultResult } from './result.ts';
import { type Scope, scoped } from './scope.ts';
import { mountSmallDisk } from './small-disk.ts';
import { SourceProcess } from './source-process.ts';

export type Fault = (times: number, onProgress: (done: number) => void) => Promise<FaultResult>;

interface Stage extends ProxiedBroker {
  readonly scope: Scope;
  readonly folder: string;
  readonly source: SourceProcess;
}

/** How long a fault lasts: the session finds nobody at least once. */
const outageMs = 700;
/** Nothing that was received waits inside the broker for an answer. */
const brokerSettings = ['allow_anonymous true', 'max_inflight_messages 0', 'max_queued_messages 0'];

async function stage(scope: Scope, folder = scope.folder()): Promise<Stage> {
  const { broker, proxy, ledger } = await startProxiedBroker(scope, brokerSettings);
  const source = new SourceProcess(scope, { address: proxy.address, folder });
  await source.up();
  await ledger.more(10);
  return { scope, broker, proxy, ledger, folder, source };
}

/** The row of a run, once all is drained. */
async function result(input: {
  fault: string;
  times: number;
  ledger: Ledger;
  source: SourceProcess;
  recoveries: readonly number[];
}): Promise<FaultResult> {
  const { fault, times, ledger, source, recoveries } = input;
  await source.drained();
  const { readyTo, lostEventsTotal } = source.status;
  await until('the last event', () => ledger.received >= readyTo - lostEventsTotal).catch(() => undefined);
  return {
    fault,
    times,
    sent: readyTo,
    ...ledger.verdict(readyTo),
    ...(recoveries.length === 0 ? {} : { worstRecoveryMs: Math.max(...recoveries) }),
    outputs: '-',
  };
}

async function recovery(ledger: Ledger, events = 1): Promise<number> {
  const fromMs = performance.now();
  await ledger.more(events);
  return performance.now() - fromMs;
}

/** Runs a fault so often on one stage. */
function repeated(fault: string, once: (at: Stage, index: number) => Promise<number>): Fault {
  return (times, onProgress) =>
    scoped(async (scope) => {
      const at = await stage(scope);
      const recoveries: number[] = [];
      for (let index = 0; index < times; index++) {
        recoveries.push(await once(at, index));
        onProgress(index + 1);
      }
      return result({ fault, times, ledger: at.ledger, source: at.source, recoveries });
    });
}

const brokerKilled = repeated('mosquitto killed and restarted', async ({ scope, broker, proxy, ledger }) => {
  await ledger.more(20);
  await broker.kill('SIGKILL');
  await proxy.close();
  await pause(outageMs);
  await broker.start();
  await listen(scope, broker.address, ledger);
  await proxy.open();
  return recovery(ledger);
});

const halfOpen = repeated('half-open connection', async ({ proxy, ledger }) => {
  await ledger.more(20);
  proxy.swallow();
  return recovery(ledger, 5);
});

const slowNetwork = repeated('slow network', async ({ proxy, ledger }) => {
  await ledger.more(20);
  proxy.setSlow(true);
  await pause(1500);
  proxy.setSlow(false);
  return recovery(ledger);
});

const clockJumps = repeated('clock jumps an hour', async ({ source, ledger }, index) => {
  await ledger.more(20);
  source.order({ kind: 'jump', ms: index % 2 === 0 ? 3_600_000 : -3_600_000 });
  return recovery(ledger);
});

/** A limit of file sizes: every write beyond it fails, in a process that goes on. */
const diskLimited = repeated('disk limited, broker away', async ({ source, proxy, ledger }) => {
  await ledger.more(20);
  limitFiles(source.pid, '1');
  await until('the disk to be noticed', () => source.status.disk === 'unavailable');
  await proxy.close();
  await pause(outageMs);
  await proxy.open();
  const tookMs = await recovery(ledger);
  limitFiles(source.pid, 'unlimited');
  await until('the disk to be used again', () => source.status.disk === 'ready');
  return tookMs;
});

/** A file system without a byte left, while nothing that it holds can go. */
const diskFull: Fault = (times, onProgress) =>
  scoped(async (scope) => {
    const disk = mountSmallDisk(scope);
    const at = await stage(scope, disk.folder);
    const { source, proxy, ledger } = at;
    const noticed: number[] = [];
    const recoveries: number[] = [];
    for (let index = 0; index < times; index++) {
      await ledger.more(20);
      await proxy.close();
      disk.fill();
      const fullMs = performance.now();
      await until(
        () => `the full disk to be noticed: ${JSON.stringify(source.status)}`,
        () => source.status.diskFault.includes('ENOSPC'),
      );
      noticed.push(performance.now() - fullMs);
      await pause(outageMs);
      await proxy.open();
      recoveries.push(await recovery(ledger));
      disk.empty();
      await until('the disk to be used again', () => source.status.disk === 'ready');
      onProgress(index + 1);
    }
    const row = await result({ fault: 'disk full, broker away', times, ledger, source, recoveries });
    return { ...row, worstNoticedMs: Math.max(...noticed) };
  });

function limitFiles(pid: number, soft: string): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${soft}:unlimited`]);
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

const processKilled: Fault = (times, onProgress) =>
  scoped(async (scope) => {
    const at = await stage(scope);
    let { source } = at;
    let writtenTo = 0;
    const recoveries: number[] = [];
    for (let index = 0; index < times; index++) {
      await at.ledger.more(10);
      // Every second time with a backlog, and so while it is read back.
      if (index % 2 === 1) await at.proxy.close();
      await pause(Math.random() * 100);
      writtenTo = Math.max(writtenTo, source.status.readyTo);
      await source.kill();
      if (index % 2 === 1) await at.proxy.open();
      source = new SourceProcess(scope, { address: at.proxy.address, folder: at.folder });
      await source.up();
      recoveries.push(await recovery(at.ledger));
      onProgress(index + 1);
    }
    return result({ fault: 'agent killed while it writes', times, ledger: at.ledger, source, recoveries });
  });

export const outboxFaults: Readonly<Record<string, Fault>> = {
  'broker-killed': brokerKilled,
  'process-killed': processKilled,
  'half-open': halfOpen,
  'slow-network': slowNetwork,
  'clock-jumps': clockJumps,
  'disk-limited': diskLimited,
  'disk-full': diskFull,
};

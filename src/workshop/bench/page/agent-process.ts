/** A whole agent in a process of its own, as a user runs it: camera, broker, page. What it costs is read from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { GobyError } from '../../../errors.ts';
import { proportionalSetBytes } from '../memory.ts';

export interface AgentProcess {
  /** Of the page; undefined: it has none. */
  readonly page: string | undefined;
  /** Frames that were looked at since its start. */
  inferred(): Promise<number>;
  /** Of the agent and its worker. */
  memoryBytes(): Promise<number>;
  /** Time on processors of the agent alone, without its worker, ms. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

export interface AgentProcessOptions {
  readonly configFile: string;
  readonly stateDir: string;
  readonly hasPage: boolean;
}

const startsWithinMs = 60_000;
/** Clock ticks a second of /proc, see sysconf(_SC_CLK_TCK): 100 on every Linux that goby runs on. */
const tickMs = 10;

/** Resolves when frames stream. @throws GobyError with what it said when it doesn't come up */
export async function startAgent({ configFile, stateDir, hasPage }: AgentProcessOptions): Promise<AgentProcess> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'run', '--config', configFile], {
    env: { ...process.env, GOBY_STATE_DIR: stateDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const found = await ready(child, said, hasPage);
  const text = async (): Promise<string> => (await fetch(`${found.metrics}metrics`)).text();
  return {
    page: found.page,
    inferred: async () =>
      Number(/^goby_frames_total\{[^}]*outcome="inferred"[^}]*\} (\d+)/m.exec(await text())?.[1] ?? 0),
    memoryBytes: () => proportionalSetBytes(child.pid),
    cpuMs: async () => {
      const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
      return tickMs * (Number(fields[11]) + Number(fields[12]));
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function ready(
  child: ChildProcess,
  said: string[],
  hasPage: boolean,
): Promise<{ page: string | undefined; metrics: string }> {
  return new Promise((resolve, reject) => {
    let page: string | undefined;
    let metrics: string | undefined;
    let streams = false;
    let isReady = false;
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new GobyError(`The agent that is to be measured ${why}:\n${said.slice(-10).join('\n')}`));
    };
    const timer = setTimeout(() => fail('does not come up'), startsWithinMs);
    child.once('exit', () => {
      clearTimeout(timer);
      if (!isReady) fail('ended');
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (said.push(line) > 100) said.shift();
        page ??= /the page is at (http:\S+)/.exec(line)?.[1];
        metrics ??= /metrics\D*(http:\/\/[^\s/]+\/)/.exec(line)?.[1];
        streams ||= /: streaming:/.test(line);
        if (isReady || !streams || metrics === undefined || (hasPage && page === undefined)) return;
        isReady = true;
        clearTimeout(timer);
        resolve({ page, metrics });
      });
    }
  });
}

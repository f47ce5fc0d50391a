/** Debian's mosquitto as a child process, on a port of its own, with a configuration made for one test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { answers, freePort } from '../../../src/workshop/bench/loopback-port.ts';
import type { Need } from '../../requiring.ts';

export const mosquittoNeeds: readonly Need[] = [{ kind: 'program', name: 'mosquitto' }];

export class Mosquitto {
  readonly port: number;
  readonly #configFile: string;
  #process: ChildProcess | undefined;

  constructor(port: number, configFile: string) {
    this.port = port;
    this.#configFile = configFile;
  }

  get address(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const child = spawn('mosquitto', ['-c', this.#configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let told = '';
    child.stderr.on('data', (text) => {
      told += text;
    });
    while (!(await answers(this.port))) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${told}`);
      await pause(20);
    }
  }

  /** Sends it a signal; SIGKILL and SIGTERM are waited for. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended;
  }
}

/** A broker that isn't running yet. `settings` are lines of mosquitto.conf(5) below `listener`. */
export async function prepareMosquitto(
  t: Pick<ExecutionContext, 'teardown'>,
  folder: string,
  settings: readonly string[] = ['allow_anonymous true'],
): Promise<Mosquitto> {
  const port = await freePort();
  const file = join(folder, `mosquitto-${port}.conf`);
  // As root it would become a user who can't read the folder of the test.
  writeFileSync(file, [`user ${userInfo().username}`, `listener ${port} 127.0.0.1`, ...settings, ''].join('\n'));
  const mosquitto = new Mosquitto(port, file);
  t.teardown(() => mosquitto.kill('SIGKILL'));
  return mosquitto;
}

export async function startMosquitto(
  t: Pick<ExecutionContext, 'teardown'>,
  folder: string,
  settings?: readonly string[],
): Promise<Mosquitto> {
  const mosquitto = await prepareMosquitto(t, folder, settings);
  await mosquitto.start();
  return mosquitto;
}

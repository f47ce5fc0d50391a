/** Bench: a broker of its own on loopback; mosquitto where it is installed, else the embedded one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { UnavailableError } from '../../errors.ts';
import { findProgram } from '../../flow/capture/find-program.ts';
import { startEmbeddedBroker } from '../../flow/publish/embedded-broker.ts';
import { answers, freePort } from './loopback-port.ts';

export interface LoopbackBroker {
  readonly kind: 'mosquitto' | 'embedded';
  readonly address: string;
  stop(): Promise<void>;
}

const startPatienceMs = 10_000;

export async function startLoopbackBroker(env: NodeJS.ProcessEnv = process.env): Promise<LoopbackBroker> {
  // Debian installs it where only root's PATH looks.
  const mosquitto = await findProgram(['mosquitto'], { PATH: `${env['PATH'] ?? ''}:/usr/sbin` });
  if (mosquitto === undefined) {
    const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
    return { kind: 'embedded', address: `mqtt://127.0.0.1:${broker.port}`, stop: () => broker.stop() };
  }
  const port = await freePort();
  // Without a configuration it listens on loopback only.
  const child = spawn(mosquitto.path, ['-p', String(port)], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const untilMs = performance.now() + startPatienceMs;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > untilMs) {
      child.kill('SIGKILL');
      throw new UnavailableError(`mosquitto does not start on port ${port}.`);
    }
    await pause(20);
  }
  return {
    kind: 'mosquitto',
    address: `mqtt://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

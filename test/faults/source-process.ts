/** The event source as a child process that is killed, told to jump, and asked how far it is. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../flow/publish/waiting.ts';
import type { SourceOrder, SourceStatus } from './event-source.ts';
import type { Scope } from './scope.ts';

export class SourceProcess {
  readonly #child: ChildProcess;
  #status: SourceStatus = { readyTo: 0, waitingEvents: 0, lostEventsTotal: 0, disk: '', diskFault: '' };
  #reports = 0;

  constructor(
    scope: Scope,
    { address, folder, perSecond = 200 }: { address: string; folder: string; perSecond?: number },
  ) {
    this.#child = fork(join(import.meta.dirname, 'event-source.ts'), [address, folder, String(perSecond)], {
      execArgv: ['--import=tsx'],
    });
    this.#child.on('message', (status: SourceStatus) => {
      this.#status = status;
      this.#reports += 1;
    });
    scope.teardown(() => this.kill());
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get status(): SourceStatus {
    return this.#status;
  }

  /** Resolves when it works. */
  async up(): Promise<void> {
    await until('the event source to be up', () => this.#reports > 0);
  }

  order(order: SourceOrder): void {
    this.#child.send(order);
  }

  /** Ends the flow of events and waits until the broker has them all. */
  async drained(): Promise<void> {
    this.order({ kind: 'quiet' });
    const reports = this.#reports;
    await until(
      () => `the outbox to be empty: ${JSON.stringify(this.#status)}`,
      () => this.#reports > reports + 5 && this.#status.waitingEvents === 0,
    );
  }

  /** SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Feeds systemd's watchdog from health: a ping goes out only while every part progresses or is in a declared wait. */
import type { Logger } from '../../logger.ts';
import type { Health, PartName } from './health.ts';
import type { Notifier } from './notify.ts';

export class Watchdog {
  readonly #notifier: Notifier;
  readonly #health: Pick<Health, 'stalled'>;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #stalled: readonly PartName[] = [];

  constructor({ notifier, health, logger }: { notifier: Notifier; health: Pick<Health, 'stalled'>; logger: Logger }) {
    this.#notifier = notifier;
    this.#health = health;
    this.#logger = logger;
  }

  /** Pings at half of systemd's limit; does nothing where no watchdog is set. */
  start(): void {
    const { watchdogUsec } = this.#notifier;
    if (watchdogUsec === undefined || this.#timer !== undefined) return;
    this.check();
    this.#timer = setInterval(() => this.check(), Math.max(1, watchdogUsec / 2000));
    this.#timer.unref();
  }

  /** One round: pings, or says once which parts stalled. */
  check(): void {
    const stalled = this.#health.stalled();
    if (stalled.length === 0) {
      if (this.#stalled.length > 0) this.#logger.info(`${this.#stalled.join(', ')} makes progress again`);
      this.#notifier.watchdog();
    } else if (stalled.join() !== this.#stalled.join()) {
      const names = stalled.join(', ');
      this.#logger.error(`no progress of ${names}: the watchdog is not fed, systemd will restart goby`);
      this.#notifier.status(`stalled: ${names}`);
    }
    this.#stalled = stalled;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

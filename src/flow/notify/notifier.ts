/** Tells people of alerts: kept on disk until delivered, one recipient never waits for another, the network is tried again with back-off. */
import type { RecipientConfig } from '../../config/notify-section.ts';
import { InputError, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type BackoffOptions, backoffMs } from '../../system/service/retry.ts';
import type { NotifyAction } from '../decide/action.ts';
import { type Delivery, fillText, type Notification } from './notification.ts';
import type { send } from './send.ts';
import { type WaitingFiles, waitingFiles } from './waiting-files.ts';

export interface NotifierOptions {
  readonly recipients: Readonly<Record<string, RecipientConfig>>;
  /** Belongs to this process alone. */
  readonly folder: string;
  readonly logger: Logger;
  /** Name of the device, for the title. */
  readonly deviceName: string;
  /** The picture of an event, once it is there or won't come; undefined: none. */
  picture(event: string): Promise<Uint8Array | undefined>;
  readonly send: typeof send;
  readonly now?: () => number;
  readonly retry?: BackoffOptions;
}

export interface NotifierReport {
  readonly waiting: number;
  readonly deliveredTotal: number;
  readonly lostTotal: number;
}

const defaultRetry: BackoffOptions = { firstMs: 2000, factor: 2, maxMs: 300_000 };
/** Nobody wants to hear of a visitor a day later. */
const oldestMs = 86_400_000;
/** Of one recipient; the oldest give way. */
const mostWaiting = 100;

interface Waiting {
  readonly notification: Notification;
  /** It and its picture are on disk, or won't be. Never rejects. */
  readonly ready: Promise<void>;
}

interface Line {
  readonly waiting: Waiting[];
  isBusy: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #now: () => number;
  readonly #files: WaitingFiles;
  readonly #lines = new Map<string, Line>();
  readonly #stopped = new AbortController();
  #deliveredTotal = 0;
  #lostTotal = 0;
  #counter = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#files = waitingFiles(options.folder);
    for (const name of Object.keys(options.recipients)) {
      this.#lines.set(name, { waiting: [], isBusy: false, failures: 0, timer: undefined });
    }
  }

  /** Goes on with what an earlier run left. Never rejects. */
  async start(): Promise<void> {
    try {
      for (const notification of await this.#files.open()) {
        const line = this.#lines.get(notification.to);
        if (line === undefined) await this.#files.remove(notification.id);
        else line.waiting.push({ notification, ready: Promise.resolve() });
      }
    } catch (error) {
      this.#options.logger.warn(`notifications are kept in memory only: ${sentence(error)}`);
    }
    for (const name of this.#lines.keys()) this.#work(name);
  }

  /** Takes an alert. Returns at once. */
  notify({ to, text, rule, event }: NotifyAction): void {
    const told = fillText(text, event);
    const title = `${this.#options.deviceName}: ${event.label}`;
    const { camera, label, startMs } = event;
    this.#take({ id: this.#newId(), to, title, text: told, atMs: startMs, camera, label, rule, event: event.id });
  }

  /**
   * Sends a test at once, past everything that waits.
   * @returns what came of it
   * @throws InputError when there is no such recipient
   */
  async test(to: string): Promise<Delivery> {
    const recipient = this.#options.recipients[to];
    if (recipient === undefined) {
      const names = Object.keys(this.#options.recipients).join(', ') || 'none';
      throw new InputError(`There is no recipient ${to}.`, { remedy: `Recipients in the configuration: ${names}.` });
    }
    const notification = testNotification(this.#newId(), to, this.#options.deviceName, this.#now());
    return this.#options.send(recipient, notification, undefined, this.#stopped.signal);
  }

  report(): NotifierReport {
    const waiting = [...this.#lines.values()].reduce((sum, line) => sum + line.waiting.length, 0);
    return { waiting, deliveredTotal: this.#deliveredTotal, lostTotal: this.#lostTotal };
  }

  /** What is under way is broken off; it is on disk, and goes out at the next start. */
  stop(): void {
    this.#stopped.abort();
    for (const { timer } of this.#lines.values()) clearTimeout(timer);
  }

  #take(notification: Notification): void {
    const line = this.#lines.get(notification.to);
    if (line === undefined) return;
    line.waiting.push({ notification, ready: this.#keep(notification) });
    if (line.waiting.length > mostWaiting) void this.#drop(line.waiting.shift()!, 'too many wait');
    this.#work(notification.to);
  }

  async #keep(notification: Notification): Promise<void> {
    const { logger, picture } = this.#options;
    try {
      await this.#files.keep(notification);
      const jpeg = await picture(notification.event);
      if (jpeg !== undefined) await this.#files.keepPicture(notification.id, jpeg);
    } catch (error) {
      logger.warn(`a notification is not on disk until it is delivered: ${sentence(error)}`);
    }
  }

  #work(name: string): void {
    const line = this.#lines.get(name)!;
    if (line.isBusy || line.timer !== undefined || this.#stopped.signal.aborted) return;
    line.isBusy = true;
    void this.#sendAll(name, line).finally(() => {
      line.isBusy = false;
      // What came between the last look and now.
      if (line.waiting.length > 0) this.#work(name);
    });
  }

  async #sendAll(name: string, line: Line): Promise<void> {
    const { recipients, logger } = this.#options;
    for (let next = line.waiting[0]; next !== undefined && !this.#stopped.signal.aborted; next = line.waiting[0]) {
      const { notification, ready } = next;
      await ready;
      if (this.#now() - notification.atMs > oldestMs) {
        await this.#drop(next, 'it is a day old');
        if (line.waiting[0] === next) line.waiting.shift();
        continue;
      }
      const picture = await this.#files.picture(notification.id);
      const delivery = await this.#options.send(recipients[name]!, notification, picture, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      if (delivery.kind === 'later') {
        if (line.failures === 0) logger.warn(`${name} can't be told now: ${delivery.reason}`);
        const waitMs = delivery.waitMs ?? backoffMs(line.failures, this.#options.retry ?? defaultRetry);
        line.failures += 1;
        line.timer = setTimeout(() => {
          line.timer = undefined;
          this.#work(name);
        }, waitMs).unref();
        return;
      }
      if (delivery.kind === 'refused') await this.#drop(next, delivery.reason);
      else {
        if (line.failures > 0) logger.info(`${name} is told again`);
        this.#deliveredTotal += 1;
        await this.#files.remove(notification.id).catch(() => undefined);
      }
      const at = line.waiting.indexOf(next);
      // It may have given way to newer ones meanwhile.
      if (at >= 0) line.waiting.splice(at, 1);
      line.failures = 0;
    }
  }

  async #drop({ notification: { id, to, text }, ready }: Waiting, reason: string): Promise<void> {
    this.#lostTotal += 1;
    this.#options.logger.warn(`${to} was not told "${text}": ${reason}`);
    await ready;
    await this.#files.remove(id).catch(() => undefined);
  }

  #newId(): string {
    return `${this.#now().toString(36)}-${process.pid.toString(36)}-${(this.#counter++).toString(36)}`;
  }
}

/** What a recipient gets to see when the way to it is tried. */
export function testNotification(id: string, to: string, deviceName: string, atMs: number): Notification {
  const text = 'This is a test. Alerts will reach you here.';
  return {
    id,
    to,
    title: `${deviceName}: test`,
    text,
    atMs,
    camera: 'test',
    label: 'test',
    rule: 'test',
    event: 'test',
  };
}

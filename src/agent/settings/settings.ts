/**
 * The configuration as it can be changed over MQTT and on the page: checked, kept in the overrides, applied where that can be done at
 * once, and undone unless frames and the broker session are healthy afterwards.
 */

import type { Tree } from '../../config/layers.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { changeOverrides, overridesText, type Trial } from '../../config/overrides.ts';
import type { Config } from '../../config/schema.ts';
import { restartKeys } from '../../config/settable.ts';
import { GobyError, isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';
import type { StateFile } from '../../system/files/state-file.ts';
import { type Changed, checkChange, type Leave } from './check-change.ts';
import { withoutChange } from './start-on-overrides.ts';

/** What changed has this long to prove itself; design: 60 s. */
const patienceMs = 60_000;
/** Healthy sooner than this proves nothing. */
const settleMs = 3000;
/** What couldn't be written, as on a full disk, is tried again this often. */
const rewriteMs = 60_000;

export interface SettingsOptions {
  /** As the agent was started with it. */
  readonly loaded: LoadedConfig;
  readonly file: Pick<StateFile, 'write'>;
  readonly logger: Logger;
  /** Cameras that give frames now. */
  healthyCameras(): readonly string[];
  /**
   * What isn't well: a few words for each camera of `cameras` without a frame since then, and for a missing broker session.
   * @param sinceMs monotonic
   */
  troubles(cameras: readonly string[], sinceMs: number): readonly string[];
  /** Starts the agent anew, with what the file says then. */
  restart(reason: string): void;
  /** Monotonic, ms. */
  readonly now?: () => number;
  readonly wallMs?: () => number;
}

export type SettingsListener = (config: Config, before: Config) => void;

export interface ChangeOutcome {
  /** Dotted keys with their new values; empty when everything was so already. */
  readonly changed: Changed;
  /** Some of it counts with the next start only, and proves itself then. */
  readonly restartRequired: boolean;
}

/** What is on trial now. */
interface Pending {
  readonly sinceMs: number;
  readonly cameras: readonly string[];
  readonly done: ((failure: GobyError | undefined) => void)[];
}

export class Settings {
  readonly #options: SettingsOptions;
  readonly #now: () => number;
  /** As it will be after a start. */
  #loaded: LoadedConfig;
  /** The overrides that were known to be good last. */
  #proven: Tree;
  #pending: Pending | undefined;
  /** The trial that this start was counted against, as it was before, while the file still says so. */
  #counted: Trial | undefined;
  readonly #listeners: SettingsListener[] = [];
  readonly #checks: SettingsListener[] = [];
  readonly #writes = new SerialQueue();
  /** When the file was last found to be behind what counts; undefined: it isn't. */
  #behindSinceMs: number | undefined;

  constructor(options: SettingsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#loaded = options.loaded;
    const { values, trial } = options.loaded.overrides;
    this.#proven = trial?.before ?? values;
    this.#counted = trial;
    if (trial) this.#pending = { sinceMs: this.#now(), cameras: trial.cameras, done: [] };
  }

  /** Holds each change against what runs, before it is made. The check throws an InputError for one that doesn't fit. */
  addCheck(check: SettingsListener): void {
    this.#checks.push(check);
  }

  /** Called with each change, the undoing of one too: makes take effect what can at once, and publishes. */
  onChange(listener: SettingsListener): void {
    this.#listeners.push(listener);
  }

  /** The configuration with every change, also those that wait for a start. */
  get loaded(): LoadedConfig {
    return this.#loaded;
  }

  /** Keys whose new value counts with the next start only. */
  get restartKeys(): string[] {
    return restartKeys(this.#options.loaded.config, this.#loaded.config);
  }

  get isOnTrial(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Changes settings, a section at a time or several; null takes an override back. Resolves when the change has proved
   * itself, or at once when it waits for a start.
   * @throws InputError for a key that must not be set, a value that is none, or a setting that something stronger decides
   * @throws GobyError when it can't be written, or was undone
   */
  async change(changes: Tree, by: string, leave: Leave = {}): Promise<ChangeOutcome> {
    // One after the other: each is checked against what the one before it left.
    const { changed, proof } = await this.#writes.add(() => this.#begin(changes, by, leave));
    const failure = await proof;
    if (failure) throw failure;
    return { changed, restartRequired: this.restartKeys.length > 0 };
  }

  /** Resolves when all that was begun is written. To be awaited before the end. */
  async settled(): Promise<void> {
    await this.#writes.add(() => Promise.resolve());
  }

  /**
   * The agent is stopped in good order before a change on trial has proved itself or not: that was no failed start, and its
   * count is given back.
   */
  stopped(): void {
    if (this.#counted === undefined) return;
    this.#pending = undefined;
    void this.#writeLater(this.#counted);
  }

  /** The agent is up: what is on trial since before proves itself from now. */
  begun(): void {
    if (this.#pending) this.#pending = { ...this.#pending, sinceMs: this.#now() };
  }

  /** Lets time pass. Call it about twice a second. */
  tick(): void {
    const pending = this.#pending;
    if (!pending) {
      this.#rewriteWhenDue();
      return;
    }
    const forMs = this.#now() - pending.sinceMs;
    const troubles = this.#options.troubles(pending.cameras, pending.sinceMs);
    if (troubles.length === 0 && forMs >= settleMs) this.#keep(pending);
    else if (forMs >= patienceMs) this.#undo(pending, `${troubles.join(', ')} within ${patienceMs / 1000} s`);
  }

  async #begin(
    changes: Tree,
    by: string,
    leave: Leave,
  ): Promise<{ changed: Changed; proof: Promise<GobyError | undefined> }> {
    const { logger, healthyCameras } = this.#options;
    const values = changeOverrides(this.#loaded.overrides.values, changes);
    const { next, changed, how } = checkChange({ loaded: this.#loaded, changes, values, leave });
    if (Object.keys(changed).length === 0) return { changed, proof: Promise.resolve(undefined) };
    for (const check of this.#checks) check(next.config, this.#loaded.config);
    const cameras = [...new Set([...(this.#pending?.cameras ?? []), ...healthyCameras()])];
    await this.#write(values, this.#trial(cameras));
    const before = this.#loaded.config;
    this.#loaded = next;
    const text = Object.entries(changed).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    logger.info(`${text.join(', ')} (${by})${how === 'restart' ? '; counts with the next start' : ''}`);
    this.#announce(before);
    if (how === 'restart') return { changed, proof: Promise.resolve(undefined) };
    // A change that comes while another proves itself joins it: the two prove themselves together, from now.
    const done = this.#pending?.done ?? [];
    const proof = new Promise<GobyError | undefined>((resolve) => done.push(resolve));
    this.#pending = { sinceMs: this.#now(), cameras, done };
    return { changed, proof };
  }

  #trial(cameras: readonly string[]): Trial {
    const wallMs = (this.#options.wallMs ?? Date.now)();
    return { since: new Date(wallMs).toISOString(), starts: 0, before: this.#proven, cameras: [...cameras] };
  }

  #keep(pending: Pending): void {
    this.#pending = undefined;
    const answer = (failure: GobyError | undefined): void => {
      for (const done of pending.done) done(failure);
    };
    // What waits for a start proves itself then: its mark stays in the file.
    if (this.restartKeys.length > 0) {
      answer(undefined);
      return;
    }
    this.#proven = this.#loaded.overrides.values;
    void this.#writeLater().then((fault) => {
      if (fault === undefined) {
        this.#options.logger.info('the changed settings are kept: frames and the broker session are healthy');
      }
      answer(
        fault === undefined
          ? undefined
          : new GobyError(`The change is in effect, but not kept yet, so that a restart may undo it: ${fault}`),
      );
    });
  }

  #undo(pending: Pending, why: string): void {
    const { logger, restart } = this.#options;
    this.#pending = undefined;
    const reason = `The changed settings were undone: ${why}.`;
    logger.warn(reason);
    const before = this.#loaded.config;
    this.#loaded = withoutChange(this.#loaded, this.#proven);
    void this.#writeLater();
    this.#announce(before);
    for (const done of pending.done) done(new GobyError(reason));
    // Started with what was undone: only a start brings back what was before.
    if (this.restartKeys.length > 0) void this.settled().then(() => restart('the changed settings were undone'));
  }

  #announce(before: Config): void {
    for (const listener of this.#listeners) listener(this.#loaded.config, before);
  }

  /** @returns why it couldn't be written, a sentence; it is tried again then */
  #writeLater(trial?: Trial): Promise<string | undefined> {
    const values = this.#loaded.overrides.values;
    return this.#writes
      .add(() => this.#write(values, trial))
      .then(
        () => {
          this.#behindSinceMs = undefined;
          return undefined;
        },
        (error: unknown) => {
          if (!isExpected(error)) throw error;
          const fault = sentence(error);
          if (this.#behindSinceMs === undefined) this.#options.logger.warn(`The overrides can't be kept: ${fault}`);
          this.#behindSinceMs = this.#now();
          return fault;
        },
      );
  }

  #rewriteWhenDue(): void {
    if (this.#behindSinceMs === undefined || this.#now() - this.#behindSinceMs < rewriteMs) return;
    // Not again before this attempt has ended.
    this.#behindSinceMs = this.#now();
    void this.#writeLater().then((fault) => {
      if (fault === undefined) this.#options.logger.info('the changed settings are kept now');
    });
  }

  #write(values: Tree, trial: Trial | undefined): Promise<void> {
    this.#counted = undefined;
    return this.#options.file.write(overridesText({ values, trial }));
  }
}

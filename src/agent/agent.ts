/** The agent for the program that runs it: starts with a signal that can stop it, stops in order, and puts outputs into their safe state at once. */
import { isExpected } from '../errors.ts';
import { composeAgent } from './compose.ts';
import { type AgentCore, createCore } from './core.ts';
import type { AgentOptions } from './options.ts';
import { StopList } from './stop-list.ts';

export class Agent {
  readonly #options: AgentOptions;
  readonly #core: AgentCore;
  readonly #stops = new StopList();
  #starting: Promise<void> = Promise.resolve();

  /** Reads small files of the state folder and touches nothing else. @throws ConfigError when there is no device id to be had */
  constructor(options: AgentOptions) {
    this.#options = options;
    this.#core = createCore(options);
  }

  /**
   * Resolves when worker (with its golden inference) and outputs are up; cameras and broker may still be on their way. Call
   * stop() also when it has rejected.
   * @param signal aborted when the agent is to stop, also before it is up; stop() is to be called then
   * @throws GobyError when the configuration names a model or place that can't be used, or the signal's reason
   */
  start(signal: AbortSignal): Promise<void> {
    this.#starting = composeAgent(this.#options, this.#core, this.#stops, signal).catch((error: unknown) => {
      // The part that was waited for was stopped, and each part has its own error for that.
      throw signal.aborted && isExpected(error) ? signal.reason : error;
    });
    return this.#starting;
  }

  /**
   * Cameras first, then what they feed. Outputs reach their safe state before the broker session ends, so that it is published.
   * @param failed the start failed: it stays counted against a change of settings on trial
   */
  async stop({ failed = false } = {}): Promise<void> {
    const { settings, outputs, controls } = this.#core;
    if (!failed) settings.stopped();
    await this.#stops.run();
    // A start that was under way ends now, since what it waits for was stopped. What it began meanwhile is stopped too.
    await this.#starting.catch(() => undefined);
    await this.#stops.run();
    outputs.stop();
    await Promise.all([controls.stored.flush(), settings.settled()]);
  }

  /** Puts the outputs in their safe state at once; for ends that aren't orderly. */
  makeSafe(): void {
    this.#core.outputs.stop();
  }
}

/** One output: turns actions into levels over time, and is never away from its safe state longer than allowed. */
import type { OutputConfig } from '../../config/schema.ts';
import type { Logger } from '../../logger.ts';
import type { OutputAction } from '../decide/action.ts';
import { HeldLine } from './held-line.ts';
import type { OpenedSwitch } from './open-switch.ts';
import type { LineStatus } from './retried-line.ts';
import type { SwitchOptions } from './switch.ts';
import type { Timers } from './timers.ts';

/** What an output does now. */
export interface OutputState {
  /** Logical level; true while it blinks; undefined while its line is not held. */
  readonly on: boolean | undefined;
  readonly pattern: 'steady' | 'pulse' | 'blink';
  readonly reason: string;
}

export interface OutputOptions {
  readonly name: string;
  readonly config: OutputConfig;
  /** Takes the line. Throws UnavailableError when it can't be had now; it is tried again. */
  readonly open: (options: SwitchOptions) => OpenedSwitch;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called on each change, but not for each half period of a blink. */
  readonly onState: (state: OutputState) => void;
  readonly onStatus: (status: LineStatus) => void;
  /** Called when something else than an action changed what it does: set(), holdSafe(), its time limit. */
  readonly onOverride: () => void;
}

type Pattern =
  | { readonly kind: 'steady'; readonly on: boolean }
  | { readonly kind: 'blink'; readonly periodMs: number };

const nothing = (): void => undefined;

export class Output {
  readonly #options: OutputOptions;
  readonly #line: HeldLine;
  readonly #rest: Pattern & { readonly kind: 'steady' };
  /** Until further notice. */
  #base: Pattern;
  /** For a while, over the base. */
  #passing: Pattern | undefined;
  #reason = 'at rest';
  #told: OutputState | undefined;
  #stopped = false;
  #cutOffsTotal = 0;
  #cancelToggle = nothing;
  #cancelPassing = nothing;
  #cancelLimit: (() => void) | undefined;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#rest = { kind: 'steady', on: options.config.safe === 'on' };
    this.#base = this.#rest;
    this.#line = new HeldLine({
      ...options,
      onStatus: (status) => {
        options.onStatus(status);
        if (!this.#stopped) this.#tellState();
      },
    });
  }

  /** Takes the line at its safe level; a failure is told through onStatus and tried again. Call once. */
  start(): void {
    this.#line.open();
  }

  get state(): OutputState {
    const pattern = this.#passing?.kind === 'steady' ? 'pulse' : (this.#passing ?? this.#base).kind;
    const on = pattern === 'blink' || this.#line.level;
    return { on: this.#line.adapter === undefined ? undefined : on, pattern, reason: this.#reason };
  }

  get status(): LineStatus {
    return this.#line.status;
  }

  /** Adapter that drives the line; undefined while none does. */
  get adapter(): OpenedSwitch['adapter'] | undefined {
    return this.#line.adapter;
  }

  /** How often the time limit ended a stay away from the safe state. */
  get cutOffsTotal(): number {
    return this.#cutOffsTotal;
  }

  /** Does what a rule decided. A pulse, or a blink with a duration, goes back to what was before it. */
  apply(action: OutputAction): void {
    const pattern: Pattern =
      action.kind === 'blink'
        ? { kind: 'blink', periodMs: action.periodMs }
        : { kind: 'steady', on: action.kind !== 'off' };
    const durationMs = action.kind === 'pulse' || action.kind === 'blink' ? action.durationMs : undefined;
    if (durationMs === undefined) this.#become(pattern, action.reason);
    else this.#pass(pattern, durationMs, action.reason);
  }

  /** Switches by hand, such as over MQTT. */
  set(on: boolean, reason: string): void {
    this.#become({ kind: 'steady', on }, reason);
    this.#options.onOverride();
  }

  /** Goes to the safe state and stays there until the next action. */
  holdSafe(reason: string): void {
    this.#become(this.#rest, reason);
    this.#options.onOverride();
  }

  /** Leaves the line at its safe level and gives it back; nothing happens after it. At once, so that an exit handler can call it. */
  stop(): void {
    if (this.#stopped) return;
    try {
      this.#become(this.#rest, 'stopped');
    } finally {
      this.#stopped = true;
      this.#line.close();
    }
  }

  #become(base: Pattern, reason: string): void {
    if (this.#stopped) return;
    const goesOn = this.#passing === undefined && isSame(this.#base, base);
    this.#cancelPassing();
    this.#passing = undefined;
    this.#base = base;
    if (goesOn) return;
    this.#reason = reason;
    this.#run();
  }

  #pass(pattern: Pattern, durationMs: number, reason: string): void {
    if (this.#stopped) return;
    this.#cancelPassing();
    this.#passing = pattern;
    this.#reason = reason;
    this.#cancelPassing = this.#options.timers.after(durationMs, () => {
      this.#passing = undefined;
      this.#run();
    });
    this.#run();
  }

  /** Starts the pattern that counts now. */
  #run(): void {
    this.#cancelToggle();
    const pattern = this.#passing ?? this.#base;
    this.#watchLimit(!isSame(pattern, this.#rest));
    if (pattern.kind === 'steady') this.#line.set(pattern.on);
    else this.#toggle(true, pattern.periodMs / 2);
    this.#tellState();
  }

  #toggle(on: boolean, halfPeriodMs: number): void {
    this.#cancelToggle = this.#options.timers.after(halfPeriodMs, () => this.#toggle(!on, halfPeriodMs));
    this.#line.set(on);
  }

  /** The limit runs from the moment the output leaves rest: neither a blink nor a new action prolongs it. */
  #watchLimit(isAway: boolean): void {
    const { maxOnMs } = this.#options.config;
    if (!isAway) {
      this.#cancelLimit?.();
      this.#cancelLimit = undefined;
    } else if (maxOnMs > 0) {
      this.#cancelLimit ??= this.#options.timers.after(maxOnMs, () => this.#cutOff());
    }
  }

  #cutOff(): void {
    const { name, config, logger } = this.#options;
    this.#cancelLimit = undefined;
    this.#cutOffsTotal++;
    const away = config.safe === 'on' ? 'off' : 'on';
    logger.warn(`output ${name} was ${away} for its limit of ${config.maxOnMs} ms: cut off`);
    this.holdSafe(`limit of ${config.maxOnMs} ms`);
  }

  #tellState(): void {
    const state = this.state;
    if (this.#told?.on === state.on && this.#told?.pattern === state.pattern) return;
    this.#told = state;
    this.#options.onState(state);
  }
}

function isSame(a: Pattern, b: Pattern): boolean {
  return a.kind === 'blink' ? b.kind === 'blink' && a.periodMs === b.periodMs : b.kind === 'steady' && a.on === b.on;
}

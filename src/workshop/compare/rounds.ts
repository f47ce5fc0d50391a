/** Latency of several models, measured round by round, so that a machine that slows down is fair to all of them. */

export interface Runner {
  /** One inference. */
  run(): Promise<{ readonly invokeMs: number; readonly roundTripMs: number }>;
}

export interface MachineState {
  readonly temperatureC?: number | undefined;
  /** True while the firmware slows the machine down or the voltage is low. */
  readonly throttled?: boolean | undefined;
}

export interface RoundSamples {
  readonly invokeMs: readonly number[];
  readonly roundTripMs: readonly number[];
  /** Inferences a second while it was this model's turn. */
  readonly framesPerSecond: number;
  /** Hottest moment of this model's turns. */
  readonly temperatureC?: number;
  readonly throttled?: boolean;
}

export interface RoundsOptions {
  readonly runners: readonly Runner[];
  /** How long each model runs in all, ms. */
  readonly durationMs: number;
  /** Inferences of one turn. */
  readonly turn: number;
  readonly machine: () => Promise<MachineState>;
  /** Monotonic clock, ms. */
  readonly now?: () => number;
  /** @param done share of all turns, 0..1 */
  readonly onProgress?: (done: number) => void;
}

interface Turns {
  readonly invokeMs: number[];
  readonly roundTripMs: number[];
  spentMs: number;
  temperatureC: number | undefined;
  throttled: boolean | undefined;
}

/** Every round gives each model one turn, each round starting with another model. Ends when every model had its time. */
export async function measureRounds(options: RoundsOptions): Promise<RoundSamples[]> {
  const { runners, durationMs, turn, machine, now = () => performance.now(), onProgress } = options;
  const turns = runners.map(
    (): Turns => ({
      invokeMs: [],
      roundTripMs: [],
      spentMs: 0,
      temperatureC: undefined,
      throttled: undefined,
    }),
  );
  for (let round = 0; turns.some(({ spentMs }) => spentMs < durationMs); round++) {
    for (let step = 0; step < runners.length; step++) {
      const at = (round + step) % runners.length;
      const own = turns[at]!;
      if (own.spentMs >= durationMs) continue;
      const fromMs = now();
      for (let count = 0; count < turn; count++) {
        const { invokeMs, roundTripMs } = await runners[at]!.run();
        own.invokeMs.push(invokeMs);
        own.roundTripMs.push(roundTripMs);
      }
      own.spentMs += now() - fromMs;
      note(own, await machine());
      const spent = turns.reduce((sum, { spentMs }) => sum + Math.min(spentMs, durationMs), 0);
      onProgress?.(spent / (durationMs * runners.length));
    }
  }
  return turns.map(({ invokeMs, roundTripMs, spentMs, temperatureC, throttled }) => ({
    invokeMs,
    roundTripMs,
    framesPerSecond: (1000 * roundTripMs.length) / spentMs,
    ...(temperatureC === undefined ? {} : { temperatureC }),
    ...(throttled === undefined ? {} : { throttled }),
  }));
}

function note(turns: Turns, { temperatureC, throttled }: MachineState): void {
  if (temperatureC !== undefined) turns.temperatureC = Math.max(turns.temperatureC ?? temperatureC, temperatureC);
  if (throttled !== undefined) turns.throttled = turns.throttled === true || throttled;
}

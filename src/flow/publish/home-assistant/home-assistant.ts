/** Shows the device to Home Assistant: once it is known what there is to show, when that changes, and when Home Assistant starts. */
import type { Message } from '../message.ts';
import type { Topics } from '../topics.ts';
import { isMeasured } from './diagnostic-components.ts';
import type { DiscoveryMemory } from './discovery-memory.ts';
import { birthTopic, type DeviceFacts, deviceComponents, discoveryMessage } from './discovery-message.ts';

export interface HomeAssistantOptions {
  readonly topics: Topics;
  readonly discoveryPrefix: string;
  readonly memory: DiscoveryMemory;
  /** What there is to show now. */
  readonly facts: () => DeviceFacts;
  /** Publishes, and says it anew on every connect. */
  readonly retain: (message: Message, options?: { readonly again: boolean }) => void;
  /** How long to wait with the answer when Home Assistant starts; absent: another time for each device. */
  readonly delayMs?: () => number;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

export interface HomeAssistant {
  /** What to listen to. */
  readonly birthTopic: string;
  /** Home Assistant has said whether it is there. */
  heard(payload: Uint8Array): void;
  /** What there is to show may have changed: says it when it has. */
  refresh(): void;
  stop(): Promise<void>;
}

/** After its start Home Assistant subscribes to much; every device of a house answers at another moment of this span. */
const shortestDelayMs = 1000;
const longestDelayMs = 10_000;
/** A sensor that was there in the last run has this long to come back. */
const settleMs = 600_000;

/** @throws ConfigError for a prefix with wildcards */
export function createHomeAssistant(options: HomeAssistantOptions): HomeAssistant {
  const { topics, discoveryPrefix, memory, facts, retain } = options;
  const { delayMs = anyDelayMs, now = () => performance.now() } = options;
  const startedMs = now();
  let timer: NodeJS.Timeout | undefined;
  /** All that telemetry ever gave: a sensor that misses one reading doesn't go. */
  let given: Telemetry | undefined;

  const message = (): Message => {
    const current = facts();
    given = merged(given, current.telemetry);
    const known = { ...current, telemetry: given };
    const shown = Object.entries(deviceComponents(topics, known)).map(([id, { platform }]) => [id, platform]);
    const isPending = now() - startedMs < settleMs ? isMeasured : () => false;
    const removed = memory.update(Object.fromEntries(shown), isPending);
    return discoveryMessage({ topics, discoveryPrefix, removed }, known);
  };
  return {
    birthTopic: birthTopic(discoveryPrefix),
    heard: (payload) => {
      if (!Buffer.from('online').equals(payload) || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        retain(message(), { again: true });
      }, delayMs());
    },
    refresh: () => retain(message()),
    stop: async () => {
      clearTimeout(timer);
      await memory.flush();
    },
  };
}

function anyDelayMs(): number {
  return shortestDelayMs + Math.random() * (longestDelayMs - shortestDelayMs);
}

type Telemetry = Readonly<Record<string, unknown>>;

function merged(before: Telemetry | undefined, now: Telemetry | undefined): Telemetry | undefined {
  if (before === undefined || now === undefined) return now ?? before;
  const both = Object.entries(now).map(([key, value]) => {
    const old = before[key];
    return [key, isTree(old) && isTree(value) ? merged(old, value) : value];
  });
  return { ...before, ...Object.fromEntries(both) };
}

function isTree(value: unknown): value is Telemetry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Which settings may be changed over MQTT: a list by key. What isn't on it, today's and tomorrow's keys alike, is refused. */
import { leavesOf } from '../../config/overrides.ts';

/** live: takes effect at once; restart: with the next start. */
export type Settable = 'live' | 'restart';

/**
 * Keys, with * for a name: of a camera or control that the configuration has already, or of a zone, line or label. The broker and its credentials, paths, programs and their
 * arguments, sources of pictures, and lines of the GPIO are not here and must never be: who may send commands could
 * otherwise take over the machine, or blind it.
 */
const settable = {
  'device.name': 'restart',
  'cameras.*.minScore': 'live',
  'cameras.*.maxDetections': 'live',
  'cameras.*.labels': 'live',
  'cameras.*.holdMs': 'live',
  'cameras.*.regions.mode': 'live',
  'cameras.*.regions.maxInferencesPerFrame': 'live',
  'cameras.*.regions.minSidePx': 'live',
  'cameras.*.regions.wholeFrameMs': 'live',
  'cameras.*.fit': 'restart',
  'cameras.*.stallTimeoutMs': 'restart',
  'cameras.*.tracking.confirmHits': 'restart',
  'cameras.*.tracking.stationaryAfterMs': 'restart',
  'cameras.*.tracking.stationaryHoldMs': 'restart',
  'cameras.*.zones.*.points': 'restart',
  'cameras.*.zones.*.labels': 'restart',
  'cameras.*.zones.*.minDwellMs': 'restart',
  'cameras.*.lines.*.from': 'restart',
  'cameras.*.lines.*.to': 'restart',
  'cameras.*.masks': 'restart',
  'cameras.*.filters.*.minScore': 'restart',
  'cameras.*.filters.*.minArea': 'restart',
  'cameras.*.filters.*.maxArea': 'restart',
  'cameras.*.filters.*.minRatio': 'restart',
  'cameras.*.filters.*.maxRatio': 'restart',
  'cameras.*.secondStage.maxCropsPerSecond': 'restart',
  'infer.threads': 'restart',
  'infer.edgetpu': 'restart',
  'infer.deadlineMs': 'restart',
  'infer.retryMs': 'restart',
  rules: 'live',
  'controls.*.initial': 'restart',
  'controls.*.delayMs': 'restart',
  'publish.detections': 'live',
  'publish.maxPerSecond': 'live',
  'publish.telemetryIntervalMs': 'live',
  'snapshots.enabled': 'restart',
  'snapshots.boxes': 'restart',
  'snapshots.quality': 'restart',
  'snapshots.longestSidePx': 'restart',
  'snapshots.quotaMb': 'restart',
  'snapshots.maxAgeDays': 'restart',
  'log.level': 'live',
} as const satisfies Readonly<Record<string, Settable>>;

/** Keys, with * for a name, whose change takes effect at once: live-effects.ts says how. */
export type LiveKey = {
  [Key in keyof typeof settable]: (typeof settable)[Key] extends 'live' ? Key : never;
}[keyof typeof settable];

const patterns = Object.entries(settable).map(([key, how]) => ({ key, parts: key.split('.'), how }));

/**
 * @param leave.mayUseModels for the command that has tested a model before
 * @returns undefined for a key that must not be set
 */
export function settableAs(path: readonly string[], leave: { mayUseModels?: boolean } = {}): Settable | undefined {
  if (path.length === 3 && path[0] === 'cameras' && path[2] === 'model') return leave.mayUseModels ? 'live' : undefined;
  return patternOf(path)?.how;
}

/** The live key that a path is one of; undefined for any other path. */
export function liveKeyOf(path: readonly string[]): LiveKey | undefined {
  const pattern = patternOf(path);
  return pattern?.how === 'live' ? (pattern.key as LiveKey) : undefined;
}

/** Everything that can be set, for the refusal of something else. */
export function settableKeys(): string[] {
  return Object.keys(settable);
}

/** Keys that differ and count only with the next start. */
export function restartKeys(running: object, wanted: object): string[] {
  return changedKeys(running, wanted).filter((key) => settableAs(key.split('.'), { mayUseModels: true }) !== 'live');
}

/** Dotted keys whose values differ. */
export function changedKeys(before: object, after: object): string[] {
  const texts = [before, after].map(
    (config) => new Map(leavesOf(config).map(({ path, value }) => [path.join('.'), JSON.stringify(value)])),
  );
  const [old, next] = texts as [Map<string, string>, Map<string, string>];
  return [...new Set([...old.keys(), ...next.keys()])].filter((key) => old.get(key) !== next.get(key));
}

function patternOf(path: readonly string[]): (typeof patterns)[number] | undefined {
  return patterns.find(
    ({ parts }) => parts.length === path.length && parts.every((part, index) => part === '*' || part === path[index]),
  );
}

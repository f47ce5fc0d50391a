/** What each live setting changes while the agent works. One table: a live key that it doesn't name is a type error. */
import type { Config } from '../../config/schema.ts';
import { changedKeys, type LiveKey, liveKeyOf } from '../../config/settable.ts';
import type { CameraFlow } from '../../flow/camera-flow.ts';
import type { Publisher } from '../../flow/publish/publisher.ts';
import type { LogThreshold } from '../../logger.ts';
import type { TelemetryTimer } from '../../system/measure/telemetry-timer.ts';

export type Effect = (config: Config) => void;

export interface LiveParts {
  readonly threshold: LogThreshold;
  readonly cameras: readonly Pick<CameraFlow, 'name' | 'reconfigure'>[];
  readonly publisher: Pick<Publisher, 'reconfigure'>;
  readonly telemetry: Pick<TelemetryTimer, 'every'>;
  /** Takes other rules, and lets go of what the old ones hold. */
  replaceRules(rules: Config['rules']): void;
}

export function liveEffects(parts: LiveParts): Readonly<Record<LiveKey, Effect>> {
  const cameras: Effect = (config) => {
    for (const camera of parts.cameras) camera.reconfigure(config.cameras[camera.name]!);
  };
  const publish: Effect = (config) => parts.publisher.reconfigure(config.publish);
  return {
    'cameras.*.minScore': cameras,
    'cameras.*.maxDetections': cameras,
    'cameras.*.labels': cameras,
    'cameras.*.holdMs': cameras,
    'cameras.*.tracking.confirmHits': cameras,
    'cameras.*.tracking.stationaryAfterMs': cameras,
    'cameras.*.tracking.stationaryHoldMs': cameras,
    'cameras.*.zones.*.points': cameras,
    'cameras.*.zones.*.labels': cameras,
    'cameras.*.zones.*.minDwellMs': cameras,
    'cameras.*.lines.*.from': cameras,
    'cameras.*.lines.*.to': cameras,
    'cameras.*.masks': cameras,
    'cameras.*.filters.*.minScore': cameras,
    'cameras.*.filters.*.minArea': cameras,
    'cameras.*.filters.*.maxArea': cameras,
    'cameras.*.filters.*.minRatio': cameras,
    'cameras.*.filters.*.maxRatio': cameras,
    'cameras.*.filters.*.usualSize': cameras,
    'cameras.*.motion.gate': cameras,
    'cameras.*.motion.lingerMs': cameras,
    'cameras.*.motion.forcedLookMs': cameras,
    'cameras.*.regions.mode': cameras,
    'cameras.*.regions.maxInferencesPerFrame': cameras,
    'cameras.*.regions.minSidePx': cameras,
    'cameras.*.regions.wholeFrameMs': cameras,
    rules: ({ rules }) => parts.replaceRules(rules),
    'publish.detections': publish,
    'publish.maxPerSecond': publish,
    'publish.telemetryIntervalMs': (config) => parts.telemetry.every(config.publish.telemetryIntervalMs),
    // A level that was set until the next start stays, unless the configured one changes.
    'log.level': ({ log }) => {
      parts.threshold.level = log.level;
    },
  };
}

/** Makes what differs take effect: each effect once, however many keys ask for it. */
export function applyLive(effects: Readonly<Record<LiveKey, Effect>>, config: Config, before: Config): void {
  const due = new Set(
    changedKeys(before, config).flatMap((key) => {
      const live = liveKeyOf(key.split('.'));
      return live === undefined ? [] : [effects[live]];
    }),
  );
  for (const effect of due) effect(config);
}

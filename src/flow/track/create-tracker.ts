/** The tracker of one camera: objects where the model gives boxes, labels of the whole frame where it gives none. */
import type { JudgeSize } from '../sizes/size-judgement.ts';
import { createObjectTracker } from './object-tracker.ts';
import { createPresenceTracker } from './presence-tracker.ts';
import type { Tracker, TrackerConfig, TrackResult } from './tracker.ts';

export interface TrackerOptions {
  readonly camera: string;
  /** Labels to follow, see followedLabels(); empty: all. */
  readonly labels: readonly string[];
  readonly config: TrackerConfig;
  /** Scores whose crossing is told at once, such as the minimum scores of rules. */
  readonly scoreMarks: readonly number[];
  /** For the filter usualSize; absent: nothing is known of sizes. */
  readonly judgeSize?: JudgeSize;
  /** Id for an event that starts at this wall clock; see createEventIds(). */
  readonly newId: (startMs: number) => string;
}

/** Followed labels are told as absent with the first result, so that no old presence stays with the broker. */
export function createTracker({ config, ...options }: TrackerOptions): Tracker {
  const objects = createObjectTracker({ ...options, ...objectSettings(config) });
  const whole = createPresenceTracker({ ...options, holdMs: config.holdMs });
  const { camera } = options;
  let { labels } = options;
  let unsaid = labels;
  const both = (ofObjects: TrackResult, ofWhole: TrackResult): TrackResult => {
    const presences = [...ofObjects.presences, ...ofWhole.presences];
    const absent = unsaid
      .filter((label) => presences.every((presence) => presence.label !== label))
      .map((label) => ({ camera, label, present: false, count: 0 }));
    unsaid = [];
    return {
      events: [...ofObjects.events, ...ofWhole.events],
      presences: [...presences, ...absent],
      best: [...ofObjects.best, ...ofWhole.best],
      tracked: [...ofObjects.tracked, ...ofWhole.tracked],
      ...(ofObjects.followed === undefined ? {} : { followed: ofObjects.followed }),
      held: ofObjects.held ?? [],
      pieces: ofObjects.pieces ?? [],
    };
  };
  return {
    update: (detections, brightness) => both(objects.update(detections, brightness), whole.update(detections)),
    tick: (nowMs) => both(objects.tick(nowMs), whole.tick(nowMs)),
    still: (at) => {
      objects.still(at);
      whole.still(at);
    },
    expected: (nowMs) => objects.expected(nowMs),
    end: (reason) => both(objects.end(reason), whole.end(reason)),
    reconfigure: (change) => {
      unsaid = change.labels.filter((label) => !labels.includes(label));
      ({ labels } = change);
      objects.reconfigure({ labels, ...objectSettings(change.config) });
      whole.reconfigure({ labels, holdMs: change.config.holdMs });
    },
  };
}

function objectSettings({ holdMs, minScore, tracking, zones, lines, masks, filters }: TrackerConfig) {
  return { ...tracking, holdMs, minScore, zones, lines, masks, filters };
}

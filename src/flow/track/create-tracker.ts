/** The tracker of one camera: objects where the model gives boxes, labels of the whole frame where it gives none. */
import type { CameraConfig } from '../../config/camera-section.ts';
import { createObjectTracker } from './object-tracker.ts';
import { createPresenceTracker } from './presence-tracker.ts';
import type { Tracker, TrackResult } from './tracker.ts';

export interface TrackerOptions {
  readonly camera: string;
  /** Labels to follow, see followedLabels(); empty: all. */
  readonly labels: readonly string[];
  readonly config: Pick<CameraConfig, 'holdMs' | 'tracking' | 'zones' | 'lines' | 'masks' | 'filters'>;
  /** Scores whose crossing is told at once, such as the minimum scores of rules. */
  readonly scoreMarks: readonly number[];
  /** Id for an event that starts at this wall clock; see createEventIds(). */
  readonly newId: (startMs: number) => string;
}

/** Followed labels are told as absent with the first result, so that no old presence stays with the broker. */
export function createTracker({ config, ...options }: TrackerOptions): Tracker {
  const { holdMs, tracking, zones, lines, masks, filters } = config;
  const objects = createObjectTracker({ ...options, ...tracking, holdMs, zones, lines, masks, filters });
  const whole = createPresenceTracker({ ...options, holdMs });
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
    };
  };
  return {
    update: (detections) => both(objects.update(detections), whole.update(detections)),
    tick: (nowMs) => both(objects.tick(nowMs), whole.tick(nowMs)),
    still: (at) => {
      objects.still(at);
      whole.still(at);
    },
    end: (reason) => both(objects.end(reason), whole.end(reason)),
    reconfigure: (change) => {
      unsaid = change.labels.filter((label) => !labels.includes(label));
      ({ labels } = change);
      objects.reconfigure(change);
      whole.reconfigure(change);
    },
  };
}

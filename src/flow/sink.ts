/** A sink takes what the cameras saw: MQTT, the page, the record of events. */
import type { Frame } from './capture/frame.ts';
import type { Detections } from './interpret/detection.ts';
import type { Event, FollowedBox, Presence, TrackedDetection } from './track/event.ts';

/** Every method returns at once: the next frame waits for it. What a sink doesn't have, it isn't told. */
export interface Sink {
  /** A frame and what was seen in it, once per inference. To read the frame later, retain() it and release() it then. */
  frame?(frame: Frame, seen: Detections, tracked: readonly TrackedDetection[]): void;
  /** What a look showed of tracks, of those too that are not confirmed yet. */
  followed?(seen: Detections, followed: readonly FollowedBox[]): void;
  /** A frame in which nothing moved, and which was not looked at. */
  still?(frame: Frame): void;
  /** The same with the estimates that are known by now. */
  detections?(seen: Detections): void;
  /** Behind the actions that it caused. For each id new, then updates, then end. */
  event?(event: Event): void;
  /** What changed, not all there is. */
  presence?(presence: Presence): void;
}

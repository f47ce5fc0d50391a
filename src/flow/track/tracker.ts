/** The port to tracking: detections of one camera in, events and presence out. See create-tracker.ts. */
import type { CameraConfig } from '../../config/camera-section.ts';
import type { Brightness } from '../../geometry/brightness.ts';
import type { Detections, HeldObject } from '../interpret/detection.ts';
import type { BestMoment, EndReason, Event, FollowedBox, Presence, TrackedDetection } from './event.ts';
import type { ExpectedObject } from './expected-objects.ts';

export type { ExpectedObject } from './expected-objects.ts';

export interface TrackResult {
  /** In the order they happened; for each id new, then updates, then end. */
  readonly events: readonly Event[];
  /** What changed since the last result, not all there is. */
  readonly presences: readonly Presence[];
  /** Events of which the frame at hand is the best view so far, each `new` among them. */
  readonly best: readonly BestMoment[];
  /** Which event each detection of the frame at hand shows, as far as events were told; the second stage works by it. */
  readonly tracked: readonly TrackedDetection[];
  /** All that the look showed of tracks, whether or not there is an event of them; absent: no look, or nothing has a box. */
  readonly followed?: readonly FollowedBox[];
  /** Objects that the frame at hand doesn't show whole and that are told all the same, where regions were looked at. */
  readonly held?: readonly HeldObject[];
  /** Positions in Detections.detections of pieces of tracked objects. */
  readonly pieces?: readonly number[];
}

/** What can change while a tracker works. */
export interface TrackerChange {
  /** Labels to follow, see followedLabels(); empty: all. */
  readonly labels: readonly string[];
  readonly config: TrackerConfig;
}

/** What of a camera's configuration a tracker works with. */
export type TrackerConfig = Pick<
  CameraConfig,
  'holdMs' | 'minScore' | 'tracking' | 'zones' | 'lines' | 'masks' | 'filters'
>;

export interface Tracker<Change = TrackerChange> {
  /**
   * Takes what the looks at one frame found. Called once for each frame, in their order.
   * @param brightness the frame itself, which is not kept; absent: what no look shows is where it is expected
   */
  update(detections: Detections, brightness?: Brightness): TrackResult;
  /**
   * Lets time pass without an inference. Call it about once a second, so that events end when no frames come.
   * @param nowMs performance.now() ms, as Detections.monotonicMs
   */
  tick(nowMs: number): TrackResult;
  /**
   * Nothing moved in the picture up to this frame, so nobody looked: what the last inference showed is still there, and the hold
   * time of what it didn't show stands still.
   */
  still(at: { readonly monotonicMs: number; readonly capturedAtMs: number }): void;
  /** What should be in the frame of this time, confirmed or not. @param nowMs performance.now() ms of the frame */
  expected(nowMs: number): readonly ExpectedObject[];
  /** Ends every event at once: the camera is lost, inference failed, or the agent stops. The tracker can go on afterwards. */
  end(reason: EndReason): TrackResult;
  /** Takes other settings from the next frame on. Events in view go on; one that is followed no more ends as if it had gone. */
  reconfigure(change: Change): void;
}

/** Tracks while nobody looks: time passes, or nothing moves. Pure functions. */
import { rest } from './box-filter.ts';
import type { Track, TrackSettings } from './track.ts';
import { holdOf } from './track-changes.ts';
import type { Tracks } from './tracks.ts';

/** Time passes without a look. @returns the tracks whose next look is overdue as well */
export function wait(before: Tracks, nowMs: number, settings: TrackSettings): { tracks: Tracks; ended: Track[] } {
  const passedMs = before.lastLookMs === undefined ? 0 : Math.max(0, nowMs - before.lastLookMs);
  const isOverdue = (track: Track) =>
    // A camera of one photo every ten seconds is not silent after the hold time: at least two frames must be missing.
    track.unseenMs + passedMs >= Math.max(holdOf(track, settings), 2 * before.intervalMs);
  const ended = before.tracks.filter(isOverdue);
  if (ended.length === 0) return { tracks: before, ended };
  return { tracks: { ...before, tracks: before.tracks.filter((track) => !isOverdue(track)) }, ended };
}

/** Nothing moved in the picture up to this time: nobody looked, what was there is there, and what wasn't seen gets no older. */
export function standStill(before: Tracks, nowMs: number): Tracks {
  if (before.lastLookMs === undefined || nowMs <= before.lastLookMs) return before;
  const stillFromMs = before.lastLookMs;
  return {
    ...before,
    lastLookMs: nowMs,
    tracks: before.tracks.map((track) => ({
      ...track,
      filter: rest(track.filter),
      filterMs: nowMs,
      lookedMs: nowMs,
      sureMs: track.sureMs + nowMs - stillFromMs,
    })),
  };
}

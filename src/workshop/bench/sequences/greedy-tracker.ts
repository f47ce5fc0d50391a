/**
 * The baseline to compare with: greedy matching by overlap with the last box, best pair first. It confirms, holds and coasts exactly as goby's
 * own tracker does, so that only matching and motion differ.
 */

import type { BoxedDetection } from '../../../flow/track/track.ts';
import { hitsNeeded } from '../../../flow/track/track-changes.ts';
import type { Box } from '../../../geometry/boxes.ts';
import { intersectionOverUnion } from '../../../geometry/boxes.ts';

export interface GreedyTrack {
  readonly key: number;
  readonly label: string;
  box: Box;
  hits: number;
  misses: number;
  seenMs: number;
  confirmed: boolean;
}

const leastOverlap = 0.3;

export class GreedyTracker {
  readonly #holdMs: number;
  #tracks: GreedyTrack[] = [];
  #nextKey = 0;

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  get tracks(): readonly GreedyTrack[] {
    return this.#tracks;
  }

  /** @param intervalMs time between looks */
  look(detections: readonly BoxedDetection[], nowMs: number, intervalMs: number): void {
    const needed = hitsNeeded(intervalMs);
    const pairs = this.#tracks
      .flatMap((track) =>
        detections.map((detection) => ({ track, detection, overlap: intersectionOverUnion(track.box, detection.box) })),
      )
      .filter(({ track, detection, overlap }) => track.label === detection.label && overlap >= leastOverlap)
      .sort((a, b) => b.overlap - a.overlap);
    const taken = new Set<GreedyTrack | BoxedDetection>();
    for (const { track, detection } of pairs) {
      if (taken.has(track) || taken.has(detection)) continue;
      taken.add(track).add(detection);
      track.box = detection.box;
      track.hits += 1;
      track.seenMs = nowMs;
      track.confirmed ||= track.hits >= needed;
    }
    for (const track of this.#tracks) if (!taken.has(track)) track.misses += 1;
    this.#tracks = this.#tracks.filter((track) =>
      track.confirmed ? nowMs - track.seenMs < this.#holdMs : track.misses < needed,
    );
    for (const detection of detections) {
      if (taken.has(detection)) continue;
      const { label, box } = detection;
      this.#tracks.push({
        key: this.#nextKey++,
        label,
        box,
        hits: 1,
        misses: 0,
        seenMs: nowMs,
        confirmed: needed <= 1,
      });
    }
  }
}

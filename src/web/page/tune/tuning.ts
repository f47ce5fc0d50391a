/** What other settings would have made of what was followed, and what is to be saved of them. The rules are those of the tracker: see flow/track. */
import { contains, type Point } from '../../../geometry/polygon.ts';

export interface PastTrack {
  readonly track: number;
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly looks: number;
  /** The best ones, in falling order. */
  readonly scores: readonly number[];
  /** At its best look. */
  readonly box: readonly [number, number, number, number];
}

/** What detections of one label must be like; the shape isn't tuned here, and stays. */
export interface LabelFilter {
  readonly minScore: number;
  readonly minArea: number;
  readonly maxArea: number;
}

/** The part of a camera's settings that is tuned, as `config-get` gives it. */
export interface Tuning {
  readonly minScore: number;
  /** Looks with that score which make it an event; one of 0.8 or more counts twice. Absent: what goby takes for the camera's rate. */
  readonly tracking: { readonly confirmHits?: number };
  readonly filters: Readonly<Record<string, LabelFilter>>;
  readonly motion: { readonly gate: string; readonly lingerMs: number; readonly forcedLookMs: number };
  readonly regions: {
    readonly mode: string;
    readonly maxInferencesPerFrame?: number;
    readonly minSidePx: number;
    readonly wholeFrameMs: number;
  };
  /** Not tuned, but counted in. */
  readonly masks: readonly (readonly Point[])[];
}

/** A look with this score counts twice: see flow/track/track-changes.ts. */
const sureScore = 0.8;
/** For a camera that films: see config/tracking-section.ts. */
const usualConfirmHits = 2;

export const openFilter: LabelFilter = { minScore: 0, minArea: 0, maxArea: 1 };

/** Whether something of this label, score and size would be let through. */
export function passes(
  { label, score, box }: { label: string; score: number; box?: readonly number[] | undefined },
  { minScore, filters }: Pick<Tuning, 'minScore' | 'filters'>,
): boolean {
  const own = Object.hasOwn(filters, label) ? filters[label]! : openFilter;
  if (score < Math.max(minScore, own.minScore)) return false;
  if (box === undefined) return true;
  const area = (box[2]! - box[0]!) * (box[3]! - box[1]!);
  return area >= own.minArea && area <= own.maxArea;
}

/** Whether a track would have become an event. */
export function wouldBeEvent({ label, scores, box }: PastTrack, tuning: Tuning): boolean {
  const [x1, , x2, y2] = box;
  if (tuning.masks.some((mask) => contains(mask, [(x1 + x2) / 2, y2]))) return false;
  const hits = scores
    .filter((score) => passes({ label, score, box }, tuning))
    .reduce((sum, score) => sum + (score >= sureScore ? 2 : 1), 0);
  return hits >= (tuning.tracking.confirmHits ?? usualConfirmHits);
}

/**
 * Where the log can't tell: what the settings of then kept out was not followed, and nothing is known of what wasn't looked at.
 * An empty list: it tells all.
 */
export function beyondLog(before: Tuning, now: Tuning): ('score' | 'size' | 'looks')[] {
  const labels = new Set([...Object.keys(before.filters), ...Object.keys(now.filters)]);
  const filterOf = ({ filters }: Tuning, label: string): LabelFilter => filters[label] ?? openFilter;
  const some = (check: (old: LabelFilter, next: LabelFilter) => boolean): boolean =>
    [...labels].some((label) => check(filterOf(before, label), filterOf(now, label)));
  const differs = (part: 'motion' | 'regions'): boolean => JSON.stringify(before[part]) !== JSON.stringify(now[part]);
  return [
    ...(now.minScore < before.minScore || some((old, next) => next.minScore < old.minScore) ? ['score' as const] : []),
    ...(some((old, next) => next.minArea < old.minArea || next.maxArea > old.maxArea) ? ['size' as const] : []),
    ...(differs('motion') || differs('regions') ? ['looks' as const] : []),
  ];
}

/** A part of the settings below `cameras.<name>`; null takes back what was set. */
export interface Changes {
  [key: string]: Changes | number | string | null;
}

const parts = ['minScore', 'tracking', 'filters', 'motion', 'regions'] as const;

/** What `config-set` gets for this camera; undefined when nothing differs. */
export function changesOf(before: Tuning, now: Tuning): Changes | undefined {
  const [old, next] = [before, now].map((tuning) => Object.fromEntries(parts.map((part) => [part, tuning[part]])));
  return differences(old as Tree, next as Tree);
}

/** What takes the changes back: the values that were set before, else null, which leaves what the file or the default says. */
export function undoOf(changes: Changes, overridden: object | undefined): Changes {
  return Object.fromEntries(
    Object.entries(changes).map(([key, value]) => {
      const was = (overridden as Tree | undefined)?.[key];
      if (typeof value === 'object' && value !== null) return [key, undoOf(value, was as Tree | undefined)];
      return [key, (was as number | string | undefined) ?? null];
    }),
  );
}

interface Tree {
  readonly [key: string]: Tree | number | string | undefined;
}

function differences(before: Tree | undefined, now: Tree): Changes | undefined {
  const changes: Changes = {};
  for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(now)])) {
    const [old, next] = [before?.[key], now[key]];
    if (typeof next === 'object') {
      const deeper = differences(old as Tree | undefined, next);
      if (deeper !== undefined) changes[key] = deeper;
    } else if (next !== old) changes[key] = next ?? null;
  }
  return Object.keys(changes).length === 0 ? undefined : changes;
}

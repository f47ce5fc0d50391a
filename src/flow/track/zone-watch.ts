/** Where one object is and was: zones entered and left, lines crossed. Pure functions. */
import type { LineConfig, ZoneConfig } from '../../config/zones-section.ts';
import { contains, type Point, segmentsCross, sideOf } from '../../geometry/polygon.ts';
import type { LineCrossing } from './event.ts';

export interface Places {
  readonly zones: Readonly<Record<string, ZoneConfig>>;
  readonly lines: Readonly<Record<string, LineConfig>>;
}

/** An object in or near a zone. */
interface Visit {
  readonly sinceMs: number;
  readonly lastInsideMs: number;
  /** It stayed for the minimum dwell. */
  readonly counts: boolean;
}

export interface Whereabouts {
  readonly visits: ReadonlyMap<string, Visit>;
  /** Where it last was clearly on one side of each line. */
  readonly clearOf: ReadonlyMap<string, Point>;
  /** In now, in the order of the configuration. */
  readonly zones: readonly string[];
  readonly enteredZones: readonly string[];
  readonly crossings: readonly LineCrossing[];
}

/** One sighting of an object. */
export interface Sighting {
  readonly label: string;
  /** Where it stands. */
  readonly foot: Point;
  /** Root of its area, in fractions of the frame. */
  readonly size: number;
  /** performance.now() ms. */
  readonly nowMs: number;
  /** Wall clock, ms since 1970. */
  readonly atMs: number;
}

export const nowhere: Whereabouts = {
  visits: new Map(),
  clearOf: new Map(),
  zones: [],
  enteredZones: [],
  crossings: [],
};

/** Who steps out of a zone for less than this hasn't left it: boxes tremble. */
const leaveMs = 500;
/** This near to a line, in sizes of the object, it is on neither side. */
const lineWidth = 0.08;
/** Crossings that are remembered, the newest ones. */
const mostCrossings = 20;

/** Takes one sighting; while an object isn't seen its whereabouts stay as they are. */
export function moveTo(before: Whereabouts, sighting: Sighting, { zones, lines }: Places): Whereabouts {
  const visits = new Map<string, Visit>();
  for (const [name, zone] of Object.entries(zones)) {
    const visit = visitOf(before.visits.get(name), zone, sighting);
    if (visit !== undefined) visits.set(name, visit);
  }
  const isIn = [...visits].filter(([, { counts }]) => counts).map(([name]) => name);
  const clearOf = new Map(before.clearOf);
  const crossings = [...before.crossings];
  for (const [name, line] of Object.entries(lines)) {
    const side = sideOf(line.from, line.to, sighting.foot);
    if (Math.abs(side) < lineWidth * sighting.size) continue;
    const from = clearOf.get(name);
    clearOf.set(name, sighting.foot);
    if (from === undefined || !segmentsCross(line.from, line.to, from, sighting.foot)) continue;
    crossings.push({ line: name, direction: side > 0 ? 'in' : 'out', atMs: sighting.atMs });
  }
  return {
    visits,
    clearOf,
    zones: isIn,
    enteredZones: [...before.enteredZones, ...isIn.filter((name) => !before.enteredZones.includes(name))],
    crossings: crossings.slice(-mostCrossings),
  };
}

function visitOf(before: Visit | undefined, zone: ZoneConfig, { label, foot, nowMs }: Sighting): Visit | undefined {
  if (zone.labels.length > 0 && !zone.labels.includes(label)) return undefined;
  if (!contains(zone.points, foot)) {
    const steppedOut = before?.counts === true && nowMs - before.lastInsideMs < leaveMs;
    return steppedOut ? before : undefined;
  }
  const sinceMs = before?.sinceMs ?? nowMs;
  const counts = before?.counts === true || nowMs - sinceMs >= zone.minDwellMs;
  return { sinceMs, lastInsideMs: nowMs, counts };
}

/** The parts of a camera's section about places in its picture: zones, lines, masks, and what an object must be like. */
import { z } from 'zod';
import { crossesItself } from '../geometry/polygon.ts';
import { durationMs, expects, flag, fraction, labelList, listOf, named, realNumber, section, text } from './values.ts';

const pointError = expects('a point [x, y] in fractions of the frame, each from 0 to 1', [0.2, 0.9]);
const point = z.tuple([fraction(0.2), fraction(0.9)], { error: pointError });

const triangle = [
  [0, 1],
  [0.5, 0.5],
  [1, 1],
];
/** Every side is held against every other. */
const mostCorners = 500;
const polygon = listOf(point, {
  expected: 'a list of three or more points [x, y]',
  example: triangle,
  most: mostCorners,
})
  .min(3, { error: expects('three or more points [x, y]', triangle) })
  .refine((points) => points.length > mostCorners || !crossesItself(points), {
    error: expects('points in order round the area, so that no side crosses another', triangle),
  });

const zone = section({
  /** Corners in order round the area. An object is where the middle of its lower edge is. */
  points: polygon,
  /** Only these labels count here; empty: all that the camera follows. */
  labels: labelList('a label of the model', 'person').default([]),
  /** An object must be in it for this long before it counts as entered. */
  minDwellMs: durationMs(0, 3_600_000, 2000).default(0),
});

const line = section({
  /** Crossed towards the right-hand side of one who walks from here ... */
  from: point,
  /** ... to here is `in`, the other way `out`. */
  to: point,
}).refine(({ from, to }) => from[0] !== to[0] || from[1] !== to[1], {
  error: expects('two different points', '{ from: [0.2, 0.9], to: [0.8, 0.9] }'),
});

/** Shares of the frame's area, width by height in pixels, and whether an unusual size for its place counts for less. */
const labelFilter = section({
  minScore: fraction(0.7).default(0),
  minArea: fraction(0.01).default(0),
  maxArea: fraction(0.5).default(1),
  minRatio: realNumber(0, 100, 0.2).default(0),
  maxRatio: realNumber(0, 100, 1.5).default(100),
  usualSize: flag().default(false),
});

/** Keys of a camera's section. */
export const zoneKeys = {
  zones: named('a zone', 'drive', zone).default({}),
  lines: named('a line', 'gate', line).default({}),
  /** Nothing that stands in one of these is seen, and nothing that moves there starts an inference. */
  masks: listOf(polygon, {
    expected: 'a list of areas, each a list of points',
    example: [triangle],
    most: 100,
  }).default([]),
  filters: z
    .record(text('a label of the model', 'person'), labelFilter, {
      error: expects('a section with labels as keys', '{ person: { minArea: 0.01 } }'),
    })
    .default({}),
};

export type ZoneConfig = z.output<typeof zone>;
export type LineConfig = z.output<typeof line>;
export type LabelFilterConfig = z.output<typeof labelFilter>;

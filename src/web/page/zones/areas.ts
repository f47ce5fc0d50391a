/** Zones, lines and masks of one camera as the page edits them, and the settings that come of them. */
import { contains, crossesItself, type Point } from '../../../geometry/polygon.ts';

export type Kind = 'zone' | 'line' | 'mask';

export interface Area {
  readonly kind: Kind;
  /** Of a zone or a line; a mask has a number only. */
  readonly name: string;
  readonly points: readonly Point[];
}

interface CameraPlaces {
  readonly zones?: Readonly<Record<string, { readonly points: readonly Point[] }>>;
  readonly lines?: Readonly<Record<string, { readonly from: Point; readonly to: Point }>>;
  readonly masks?: readonly (readonly Point[])[];
}

export function areasOf({ zones = {}, lines = {}, masks = [] }: CameraPlaces): Area[] {
  return [
    ...Object.entries(zones).map(([name, { points }]): Area => ({ kind: 'zone', name, points })),
    ...Object.entries(lines).map(([name, { from, to }]): Area => ({ kind: 'line', name, points: [from, to] })),
    ...masks.map((points, at): Area => ({ kind: 'mask', name: String(at + 1), points })),
  ];
}

/** What config-set gets: what changed, and null for what is gone. Undefined when nothing changed. */
export function changesOf(before: readonly Area[], after: readonly Area[]): object | undefined {
  const zones = changed('zone', before, after, ({ points }) => ({ points }));
  const lines = changed('line', before, after, ({ points: [from, to] }) => ({ from, to }));
  const masksOf = (areas: readonly Area[]) => areas.filter(({ kind }) => kind === 'mask').map(({ points }) => points);
  const isSame = JSON.stringify(masksOf(before)) === JSON.stringify(masksOf(after));
  const changes = {
    ...(zones === undefined ? {} : { zones }),
    ...(lines === undefined ? {} : { lines }),
    ...(isSame ? {} : { masks: masksOf(after) }),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

function changed(
  kind: Kind,
  before: readonly Area[],
  after: readonly Area[],
  settingOf: (area: Area) => object,
): Record<string, object | null> | undefined {
  const found: Record<string, object | null> = {};
  const old = new Map(before.filter((area) => area.kind === kind).map((area) => [area.name, area]));
  for (const area of after.filter((one) => one.kind === kind)) {
    const twin = old.get(area.name);
    if (twin === undefined || JSON.stringify(twin.points) !== JSON.stringify(area.points))
      found[area.name] = settingOf(area);
    old.delete(area.name);
  }
  for (const name of old.keys()) found[name] = null;
  return Object.keys(found).length === 0 ? undefined : found;
}

/** What is wrong with an area, or undefined. */
export function troubleOf({ kind, points }: Area): 'few' | 'crosses' | undefined {
  if (kind === 'line') return points.length === 2 ? undefined : 'few';
  if (points.length < 3) return 'few';
  return crossesItself(points) ? 'crosses' : undefined;
}

/** For goby.yaml. */
export function yamlOf(camera: string, areas: readonly Area[]): string {
  const point = ([x, y]: Point): string => `[${x}, ${y}]`;
  const list = (points: readonly Point[]): string => `[${points.map(point).join(', ')}]`;
  const of = (kind: Kind): Area[] => areas.filter((area) => area.kind === kind);
  const lines = ['cameras:', `  ${camera}:`];
  if (of('zone').length > 0) lines.push('    zones:');
  for (const { name, points } of of('zone')) lines.push(`      ${name}:`, `        points: ${list(points)}`);
  if (of('line').length > 0) lines.push('    lines:');
  for (const { name, points } of of('line'))
    lines.push(`      ${name}: { from: ${point(points[0]!)}, to: ${point(points[1]!)} }`);
  if (of('mask').length > 0) lines.push('    masks:');
  for (const { points } of of('mask')) lines.push(`      - ${list(points)}`);
  return lines.length === 2 ? `${lines.join('\n')} {}\n` : `${lines.join('\n')}\n`;
}

/** Whether something that stood at these points would have been in a zone, or behind a mask. */
export function entered({ points }: Area, path: readonly (readonly [number, number, number])[]): boolean {
  return path.some(([, x, y]) => contains(points, [x, y]));
}

/** A name of the form a, b, c that is free. */
export function freeName(kind: Kind, areas: readonly Area[]): string {
  const used = new Set(areas.filter((area) => area.kind === kind).map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = kind === 'mask' ? String(number) : `${kind}-${number}`;
    if (!used.has(name)) return name;
  }
}

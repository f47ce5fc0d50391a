/** Reads which file of src imports which, and holds the imports to the directions of the house. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface Import {
  /** Paths below src. */
  readonly from: string;
  readonly to: string;
  /** `import type`: nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

/** From the top down: a folder may import what stands below it. Two names in one row don't know each other. */
const floors: readonly (readonly string[])[] = [
  ['main.ts'],
  ['commands'],
  ['doctor'],
  ['agent', 'workshop'],
  ['web', 'record'],
  ['flow'],
  ['models'],
  ['system'],
  ['config'],
  ['terminal', 'geometry'],
  ['logger.ts'],
  ['text'],
  ['errors.ts'],
];

/** What may be imported against the rule of floors, and why. */
const exceptions: readonly { readonly from: string; readonly to: string }[] = [];

/**
 * Inside flow/, a stage may import as values: its own folder, and of the stages before it what it receives. A name that ends in
 * a slash is a whole stage.
 */
export const stages: Readonly<Record<string, readonly string[]>> = {
  capture: [],
  gate: ['capture/frame.ts'],
  // Told by numbers and boxes where to look: it knows no stage.
  regions: [],
  // The decoded form of a frame is counted as the frame is.
  preprocess: ['capture/frame.ts', 'capture/counted-frame.ts'],
  infer: ['preprocess/tensor.ts'],
  interpret: ['infer/engine.ts', 'preprocess/tensor.ts'],
  merge: ['interpret/detection.ts'],
  'second-stage': ['preprocess/', 'interpret/estimator.ts', 'track/estimate-votes.ts', 'track/tracker.ts'],
  // Told by labels and boxes what was seen where.
  sizes: [],
  track: ['interpret/detection.ts'],
  decide: ['track/event.ts'],
  act: ['decide/action.ts'],
  control: [],
  snapshot: ['capture/frame.ts', 'interpret/detection.ts', 'track/event.ts'],
  notify: ['decide/action.ts'],
  view: ['capture/frame.ts', 'interpret/detection.ts', 'snapshot/jpeg-encoder.ts', 'track/event.ts'],
  publish: ['interpret/detection.ts', 'track/event.ts', 'decide/action.ts'],
};

/** Nouns: their types may be imported by every stage. */
const nouns = [
  'capture/frame.ts',
  'capture/camera.ts',
  'regions/region.ts',
  'sizes/size-judgement.ts',
  'preprocess/tensor.ts',
  'infer/engine.ts',
  'interpret/detection.ts',
  'track/event.ts',
  'decide/action.ts',
  'act/switch.ts',
  'control/control.ts',
  'snapshot/snapshot.ts',
  'publish/message.ts',
];

export function readImports(src: string): Import[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => importsOf(path, readFileSync(join(src, path), 'utf8')));
}

/** Imports and re-exports of one file; `path` is below src. */
export function importsOf(path: string, text: string): Import[] {
  const statements = text.matchAll(
    /(?:^|\n)(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'|(?:^|\n)import\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/g,
  );
  return [...statements].map(([, type, named, bare, dynamic]) => ({
    from: path,
    to: relative('.', join(dirname(path), named ?? bare ?? dynamic ?? '')),
    typeOnly: type !== undefined,
  }));
}

const topOf = (path: string): string => path.split('/')[0]!;
const floorOf = (path: string): number => floors.findIndex((names) => names.includes(topOf(path)));

/** Why an import is not allowed, or undefined. */
export function whyWrong({ from, to, typeOnly }: Import): string | undefined {
  if (exceptions.some((one) => one.from === from && one.to === to)) return undefined;
  if (floorOf(from) < 0) return `${topOf(from)} has no place in the house`;
  if (floorOf(to) < 0) return `${topOf(to)} has no place in the house`;
  if (topOf(from) !== topOf(to)) return floorOf(to) > floorOf(from) ? undefined : 'imports run down only';
  if (topOf(from) !== 'flow') return undefined;
  return whyWrongInFlow(from.slice('flow/'.length), to.slice('flow/'.length), typeOnly);
}

/** Files that lie in flow/ itself put the stages together. */
function whyWrongInFlow(from: string, to: string, typeOnly: boolean): string | undefined {
  if (!from.includes('/')) return undefined;
  const stage = topOf(from);
  const allowed = stages[stage];
  if (allowed === undefined) return `the stage ${stage} has no rule`;
  if (topOf(to) === stage || (typeOnly && nouns.includes(to))) return undefined;
  const isAllowed = allowed.some((name) => (name.endsWith('/') ? to.startsWith(name) : to === name));
  return isAllowed ? undefined : 'a stage imports only what it receives';
}

/** Files that import each other, in circles: each circle as the files in it, sorted. Tarjan's strongly connected components. */
export function findCircles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) visit(to);
      if (stack.includes(to)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(to)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    const isCircle = circle.length > 1 || (next.get(file) ?? []).includes(file);
    if (isCircle) circles.push(circle.sort());
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return circles;
}

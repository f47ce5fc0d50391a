/** The flow as a fact: which folder of src may import which. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'ava';
import { places } from './requiring.ts';

const src = join(places.root, 'src');

/** Files and folders any stage may stand on. Of config/, stages take types only. */
const ground = [
  'errors.ts',
  'logger.ts',
  'near-names.ts',
  'html-text.ts',
  'polygon.ts',
  'state-file.ts',
  'service/retry.ts',
  'service/health.ts',
  'service/clock.ts',
];

/** What else each folder may import as values: the noun it receives. Its own folder is always allowed. */
const allowed: Record<string, readonly string[]> = {
  capture: [],
  gate: ['capture/frame.ts'],
  preprocess: ['capture/frame.ts'],
  infer: ['preprocess/tensor.ts', 'tflite/'],
  tflite: ['infer/', 'preprocess/tensor.ts'],
  interpret: ['infer/engine.ts', 'preprocess/tensor.ts'],
  'second-stage': ['preprocess/', 'interpret/estimator.ts', 'track/estimate-votes.ts', 'track/tracker.ts'],
  track: ['interpret/detection.ts', 'interpret/boxes.ts'],
  decide: ['track/event.ts'],
  act: ['decide/action.ts'],
  control: [],
  snapshot: ['capture/frame.ts', 'interpret/detection.ts', 'track/event.ts'],
  publish: ['interpret/detection.ts', 'track/event.ts', 'decide/action.ts'],
  measure: [],
  service: [],
  models: ['infer/engine.ts', 'config/places.ts'],
  flatbuffer: [],
  convert: ['flatbuffer/', 'infer/engine.ts', 'models/'],
  compare: ['flatbuffer/', 'interpret/detection.ts', 'interpret/boxes.ts', 'infer/engine.ts', 'track/assignment.ts'],
  train: ['flatbuffer/', 'infer/engine.ts', 'models/'],
  config: ['logger.ts'],
  remote: ['config/', 'models/', 'publish/command.ts'],
  'first-boot': ['config/'],
};

/** Nouns: their types may be imported by every stage that comes later. */
const nouns = [
  'capture/frame.ts',
  'capture/camera.ts',
  'preprocess/tensor.ts',
  'infer/engine.ts',
  'interpret/detection.ts',
  'track/event.ts',
  'decide/action.ts',
  'act/switch.ts',
  'control/control.ts',
  'models/model.ts',
  'snapshot/snapshot.ts',
  'publish/message.ts',
  'measure/telemetry.ts',
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(
    /(?:^|\n)(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/g,
  );
  return [...statements].map(([, type, fixed, dynamic]) => ({
    from: relative(src, file),
    to: relative(src, join(dirname(file), fixed ?? dynamic ?? '')),
    typeOnly: type !== undefined,
  }));
}

const imports = filesBelow(src).flatMap(importsOf);

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const folder = from.split('/')[0]!;
  if (!from.includes('/') || folder === 'commands') return true;
  if (to.startsWith(`${folder}/`) || ground.includes(to)) return true;
  if (typeOnly && (to.startsWith('config/') || nouns.includes(to))) return true;
  return (allowed[folder] ?? []).some((permitted) =>
    permitted.endsWith('/') ? to.startsWith(permitted) : to === permitted,
  );
}

test('there are imports to check', (t) => {
  t.true(imports.length > 100);
});

test('a stage imports only the noun before it, its own folder and the common ground', (t) => {
  const offending = imports.filter((one) => !isAllowed(one)).map(({ from, to }) => `${from} -> ${to}`);
  t.deepEqual(offending, []);
});

test('only the worker loads the TensorFlow Lite binding', (t) => {
  const loading = imports
    .filter(({ from, to, typeOnly }) => to.startsWith('tflite/') && !from.startsWith('tflite/') && !typeOnly)
    .map(({ from }) => from);
  t.deepEqual(
    [...new Set(loading)].filter((from) => !/^infer\/worker/.test(from)),
    [],
  );
});

test('every folder of src has its rule', (t) => {
  const folders = readdirSync(src).filter((name) => statSync(join(src, name)).isDirectory() && name !== 'commands');
  t.deepEqual(
    folders.filter((name) => readdirSync(join(src, name)).length > 0 && allowed[name] === undefined),
    [],
  );
});

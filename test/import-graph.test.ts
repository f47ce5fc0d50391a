/** The house as a fact: which folder of src may import which, and no circles. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findCircles, importsOf, readImports, whyWrong } from './import-graph.ts';
import { places } from './requiring.ts';

const src = join(places.root, 'src');
const imports = readImports(src);

test('there are imports to check', (t) => {
  t.true(imports.length > 1000);
});

test('imports run down the house, and a stage imports only what it receives', (t) => {
  const wrong = imports.flatMap((one) => {
    const why = whyWrong(one);
    return why === undefined ? [] : [`${one.from} -> ${one.to}: ${why}`];
  });
  t.deepEqual(wrong, []);
});

test('no files import each other in a circle', (t) => {
  t.deepEqual(findCircles(imports), []);
});

test('only what runs in the child process loads the TensorFlow Lite binding', (t) => {
  const child = 'flow/infer/worker/';
  const loading = imports.filter(
    ({ from, to, typeOnly }) => to.startsWith(child) && !from.startsWith(child) && !typeOnly,
  );
  t.deepEqual(loading, []);
});

test('of src itself only main, errors and logger are files', (t) => {
  const files = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isFile());
  t.deepEqual(files.map(({ name }) => name).sort(), ['errors.ts', 'logger.ts', 'main.ts']);
});

test('a wrong import is found, whatever its form', (t) => {
  const reasons = (path: string, text: string) => importsOf(path, text).map((one) => whyWrong(one));
  t.deepEqual(reasons('config/load.ts', "import { Agent } from '../agent/agent.ts';"), ['imports run down only']);
  t.deepEqual(reasons('agent/agent.ts', "import type { Run } from '../workshop/train/train-model.ts';"), [
    'imports run down only',
  ]);
  t.deepEqual(reasons('workshop/a.ts', "\nimport {\n  a,\n  b,\n} from '../commands/run.ts';"), [
    'imports run down only',
  ]);
  t.deepEqual(reasons('models/a.ts', "const a = await import('../flow/pipeline.ts');"), ['imports run down only']);
  t.deepEqual(reasons('system/a.ts', "import '../models/store.ts';"), ['imports run down only']);
  t.deepEqual(reasons('logger.ts', "export { sentence } from './config/load.ts';"), ['imports run down only']);
  t.deepEqual(reasons('flow/gate/a.ts', "import { b } from '../track/event-ids.ts';"), [
    'a stage imports only what it receives',
  ]);
  t.deepEqual(reasons('flow/gate/a.ts', "import { b } from '../track/event.ts';"), [
    'a stage imports only what it receives',
  ]);
  t.deepEqual(reasons('flow/new/a.ts', "import { b } from '../gate/b.ts';"), ['the stage new has no rule']);
  t.deepEqual(reasons('utils/a.ts', "import { b } from '../errors.ts';"), ['utils has no place in the house']);
});

test('a right import passes', (t) => {
  const reasons = (path: string, text: string) => importsOf(path, text).map((one) => whyWrong(one));
  t.deepEqual(reasons('flow/pipeline.ts', "import { b } from './track/tracker.ts';"), [undefined]);
  t.deepEqual(reasons('flow/act/a.ts', "import type { Event } from '../track/event.ts';"), [undefined]);
  t.deepEqual(reasons('commands/a.ts', "import { b } from '../workshop/b.ts';"), [undefined]);
});

test('circles are found, of two files and of more, and of a file with itself', (t) => {
  const graph = (...edges: [string, string][]) =>
    findCircles(edges.map(([from, to]) => ({ from, to, typeOnly: true })));
  t.deepEqual(graph(['a', 'b'], ['b', 'c']), []);
  t.deepEqual(graph(['a', 'b'], ['b', 'a']), [['a', 'b']]);
  t.deepEqual(graph(['x', 'c'], ['c', 'a'], ['a', 'b'], ['b', 'c'], ['b', 'y']), [['a', 'b', 'c']]);
  t.deepEqual(graph(['a', 'a']), [['a']]);
});

/** What the agent and its worker load when they start: what they don't need until later costs memory for months. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { importsOf } from './import-graph.ts';
import { places } from './requiring.ts';

const src = join(places.root, 'src');

/** Files of src and npm packages that are loaded with `entry`; what `import()` loads later isn't among them. */
function loadedWith(entry: string): { files: ReadonlySet<string>; packages: ReadonlySet<string> } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const path of files) {
    const text = readFileSync(join(src, path), 'utf8').replaceAll(/\bimport\(/g, '(');
    for (const { to, typeOnly } of importsOf(path, text)) if (!typeOnly) files.add(to);
    for (const [, typeOnly, name] of text.matchAll(/(?:^|\n)import\s(type\s)?[^;'"]*?from\s+'([^.'][^']*)'/g))
      if (typeOnly === undefined && !name!.startsWith('node:')) packages.add(name!);
  }
  return { files, packages };
}

test('the worker loads what calls the library and what reads models, and no package for schemas', (t) => {
  const { files, packages } = loadedWith('flow/infer/worker/worker.ts');
  t.deepEqual([...packages].sort(), ['flatbuffers', 'flatbuffers/js/flexbuffers.js', 'koffi']);
  t.deepEqual([...files].filter((path) => !/^(flow\/infer|models\/tflite-file)\//.test(path)).sort(), [
    'errors.ts',
    'flow/preprocess/tensor.ts',
    'system/measure/free-memory.ts',
    'text/megabytes.ts',
  ]);
});

test('main loads no command before one is asked for', (t) => {
  const { files } = loadedWith('main.ts');
  t.true(files.has('commands/all.ts'));
  t.deepEqual(
    [...files].filter((path) => /^(agent|flow|workshop|doctor)\//.test(path)),
    [],
  );
});

test("the agent loads nothing of the workshop, and neither the page's app nor goby's own broker before they are used", (t) => {
  const { files, packages } = loadedWith('commands/run.ts');
  t.true(files.has('agent/compose.ts') && files.has('web/server/web-server.ts'));
  t.deepEqual(
    [...files].filter((path) => /^(workshop|doctor)\//.test(path)),
    [],
  );
  t.false(files.has('web/server/app.ts'));
  t.false(files.has('flow/publish/embedded-broker.ts'));
  t.deepEqual(
    [...packages].filter((name) => /hono|aedes|jsfive/.test(name)),
    [],
  );
});

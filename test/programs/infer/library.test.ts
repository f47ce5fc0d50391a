/** Builds of the TensorFlow Lite library from 2.9 to LiteRT 2: entry points that are there or not, options laid out differently. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import koffi from 'koffi';
import { UnavailableError } from '../../../src/errors.ts';
import { loadTfLite } from '../../../src/flow/infer/worker/library.ts';
import { createXnnpack } from '../../../src/flow/infer/worker/xnnpack.ts';
import { places, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const needs = [{ kind: 'program', name: 'cc' }] as const;

interface Stub {
  readonly version: string;
  /** See stub.c. */
  readonly layout: 0 | 1 | 2 | 3;
  readonly without?: 'MODELS' | 'FLAGS';
}

function build(t: ExecutionContext, { version, layout, without }: Stub): string {
  const path = join(temporaryFolder(t), `stub-${version}-${layout}-${without ?? ''}.so`);
  const defines = [`-DVERSION="${version}"`, `-DLAYOUT=${layout}`, ...(without ? [`-DWITHOUT_${without}`] : [])];
  const source = join(places.root, 'test/fixtures/tflite/stub.c');
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-w', ...defines, '-o', path, source]);
  t.is(status, 0, String(stderr));
  return path;
}

for (const stub of [
  { version: '2.9.0', layout: 1 },
  { version: '2.10.1', layout: 1 },
  { version: '2.14.0', layout: 2 },
  { version: '2.17.1', layout: 3 },
  { version: '2.1.5', layout: 3 },
] as const) {
  testRequiring(
    needs,
    `XNNPACK gets threads and 8-bit kernels from version ${stub.version}, and nothing else is touched`,
    (t) => {
      const path = build(t, stub);
      const tflite = loadTfLite(path);
      t.is(tflite.version, stub.version);
      const delegate = createXnnpack(tflite, 3)!;
      const library = koffi.load(path);
      t.is(library.func('stub_threads', 'int32', ['void *'])(delegate.pointer), 3);
      t.is(library.func('stub_flags', 'uint32', ['void *'])(delegate.pointer), 1);
      t.is(library.func('stub_rest_is_untouched', 'int32', ['void *'])(delegate.pointer), 1);
    },
  );
}

testRequiring(needs, 'a build whose delegates cannot be asked gets its own defaults', (t) => {
  const path = build(t, { version: '2.16.1', layout: 3, without: 'FLAGS' });
  const delegate = createXnnpack(loadTfLite(path), 2)!;
  const library = koffi.load(path);
  t.is(library.func('stub_threads', 'int32', ['void *'])(delegate.pointer), 2);
  t.is(library.func('stub_flags', 'uint32', ['void *'])(delegate.pointer), 0);
  t.is(library.func('stub_rest_is_untouched', 'int32', ['void *'])(delegate.pointer), 1);
});

testRequiring(needs, 'a build without XNNPACK runs without it', (t) => {
  t.is(createXnnpack(loadTfLite(build(t, { version: '2.14.1', layout: 0 })), 1), undefined);
});

testRequiring(needs, 'a library that lacks what goby needs is told by what it lacks', (t) => {
  const path = build(t, { version: '2.17.1', layout: 0, without: 'MODELS' });
  t.throws(() => loadTfLite(path), {
    instanceOf: UnavailableError,
    message: /is no TensorFlow Lite library that goby can use: it has no TfLiteModelCreate\. infer\.library takes/,
  });
});

testRequiring([{ kind: 'runtime' }], 'the library of this checkout has XNNPACK', (t) => {
  t.is(createXnnpack(loadTfLite(places.runtimeLibrary), 1)?.backend, 'xnnpack');
});

test('a file that is no library is told by its name', (t) => {
  t.throws(() => loadTfLite('/nowhere/lib.so'), {
    instanceOf: UnavailableError,
    message: /\/nowhere\/lib\.so can't be loaded/,
  });
});

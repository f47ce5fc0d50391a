/** The new file is tried on the features of photos only where the whole file, from pixels on, bears them out. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createWorkerEngine } from '../../../src/flow/infer/worker-engine.ts';
import { silentLogger } from '../../../src/logger.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import type { Photo } from '../../../src/workshop/photos/photo-folders.ts';
import { type Embedded, embedPhotos } from '../../../src/workshop/train/embed-photos.ts';
import { openFeatureCache } from '../../../src/workshop/train/feature-cache.ts';
import { cutAtPooling } from '../../../src/workshop/train/feature-extractor.ts';
import { fitHead } from '../../../src/workshop/train/fit.ts';
import { knowPhotos } from '../../../src/workshop/train/known-photos.ts';
import { proveFile } from '../../../src/workshop/train/prove-file.ts';
import { places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const labels = ['no-pikachu', 'pikachu'];

async function somePhotos(): Promise<Photo[]> {
  const folders = labels.map(async (className) => {
    const names = (await readdir(shared(`datasets/pikachu/${className}`))).sort().slice(0, 12);
    return names.map((name) => ({ file: shared(`datasets/pikachu/${className}/${name}`), className }));
  });
  return (await Promise.all(folders)).flat();
}

/** Tries a head for some photos; `alter` changes what the features of all photos are said to be, after the head was made. */
async function prove(t: ExecutionContext, { alter, exact }: { alter: (one: Embedded) => Embedded; exact: boolean }) {
  const folder = temporaryFolder(t);
  const path = shared('models/mobilenet_v1_0.25_128_quant.tflite');
  const extractor = cutAtPooling(readModel(await readFile(path), path), path);
  const bytes = writeModel(extractor);
  const file = { path: join(folder, 'base.tflite'), sha256: createHash('sha256').update(bytes).digest('hex') };
  await writeFile(file.path, bytes);
  const engine = createWorkerEngine({
    config: { threads: 1, edgetpu: 'off', deadlineMs: 60_000, retryMs: 1000 },
    library: places.runtimeLibrary,
    logger: silentLogger,
  });
  try {
    const loaded = await engine.load({ name: 'features', cpu: file });
    const cache = await openFeatureCache(folder, file.sha256, 256);
    const { embedded } = await embedPhotos((await knowPhotos(await somePhotos())).photos, {
      engine,
      loaded,
      cache,
      viewsOf: () => ({ mirror: false }),
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    const of = (rest: number) => embedded.filter((_, at) => at % 2 === rest);
    const sets = { labels, training: of(0), validation: [], testing: of(1) };
    const options = { learningRate: 0.01, batchSize: 100, validationBatchSize: -1, steps: 50, evalInterval: 10 };
    const fitted = fitHead(sets, undefined, { method: 'imprinting', ...options });
    // No process has this number: it is above what Linux gives at most (PID_MAX_LIMIT, 4194304).
    await writeFile(join(folder, '.door.tflite.4194305.candidate'), '');
    const proven = await proveFile({
      engine,
      startProgress: () => ({ update: () => undefined, end: () => undefined }),
      output: join(folder, 'door.tflite'),
      base: { architecture: 'a', name: 'a', extractor, file },
      featuresAreExact: exact,
      sets: { ...sets, testing: sets.testing.map(alter) },
      fitted,
      old: undefined,
    });
    return { proven, left: (await readdir(folder)).filter((name) => name.startsWith('.door')) };
  } finally {
    await engine.stop();
  }
}

const needs = [{ kind: 'mirror' }, { kind: 'runtime' }] as const;

testRequiring(
  needs,
  'five photos go through the whole file, and the others, as features, say what it would',
  async (t) => {
    const { proven, left } = await prove(t, { alter: (one) => one, exact: true });
    t.is(proven.fromPixels, 5);
    t.true(proven.tried.photos.length > 5);
    const { proven: whole } = await prove(t, { alter: (one) => one, exact: false });
    t.is(whole.fromPixels, whole.tried.photos.length);
    t.deepEqual(proven.verdict, whole.verdict);
    t.deepEqual(left, [`.door.tflite.${process.pid}.candidate`], 'what a killed run left is gone');
  },
);

testRequiring(needs, 'features that the whole file does not bear out are not believed', async (t) => {
  const wrong = (one: Embedded): Embedded => ({ ...one, features: one.features.toReversed() });
  const { proven } = await prove(t, { alter: wrong, exact: true });
  t.is(proven.fromPixels, proven.tried.photos.length);
});

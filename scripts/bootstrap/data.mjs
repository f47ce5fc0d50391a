/** The TensorFlow Lite library, the default model and the sample photos, fetched into var/ by the code in dist/. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandFor } from './packages.mjs';
import { startStep } from './step.mjs';
import { Trouble } from './trouble.mjs';

/**
 * What isn't there with its full length, in words. The same list as src/models/essentials.ts gives, made without
 * loading anything, as every start passes here.
 * @returns {string[]}
 */
export function missingData(root) {
  const catalog = JSON.parse(readFileSync(join(root, 'models', 'catalog.json'), 'utf8'));
  const model = catalog.models.find(({ name }) => name === catalog.default);
  const wanted = [
    ['the TensorFlow Lite library', catalog.runtime[process.arch], 'runtime'],
    [`the model ${model.name}`, model.files.cpu, join('models', model.name)],
    ...catalog.photos.map((photo) => ['sample photos', photo, 'photos']),
  ];
  const missing = wanted.filter(
    ([, { file, bytes }, folder]) =>
      statSync(join(root, 'var', folder, file), { throwIfNoEntry: false })?.size !== bytes,
  );
  return [...new Set(missing.map(([title]) => title))];
}

/** @throws Trouble that names what is missing and the way out */
export async function fetchData(root, purpose) {
  const load = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
  const [{ findPlaces }, { fetchEssentials, missingEssentials }] = await Promise.all([
    load('config/places.js'),
    load('models/essentials.js'),
  ]);
  const places = findPlaces({});
  let share = 0;
  const end = startStep('Fetching the TensorFlow Lite library, a model and photos', () => share);
  try {
    await fetchEssentials(places, missingEssentials(places), {
      mirror: process.env.GOBY_MODEL_MIRROR,
      onProgress: ({ doneBytes, totalBytes }) => {
        share = doneBytes / totalBytes;
      },
      onNote: (note) => console.error(`goby: ${note}`),
    });
    end();
  } catch (error) {
    end('failed');
    if (typeof error?.exitCode !== 'number') throw error;
    throw new Trouble(
      `Still missing: ${missingData(root).join(', ')}. ${error.message} Run ${commandFor(purpose)} again with network; what has come is kept, and from then on goby works offline.`,
      error.exitCode,
    );
  }
}

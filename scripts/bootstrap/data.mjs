/** The TensorFlow Lite library, the default model and the sample photos, fetched into var/ by the code in dist/. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
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
  const model = catalog.models.find(({ name }) => name === 'face-detection-short-range');
  const wanted = [
    ['the TensorFlow Lite library', catalog.runtime[process.arch], 'runtime'],
    [`the model ${model.name}`, model.files.cpu, join('models', model.name)],
    ...catalog.photos.map((photo) => ['sample photos', photo, 'photos']),
  ];
  const missing = wanted.filter(
    ([, { file, bytes }, folder]) =>
      statSync(join(root, 'var', folder, file), { throwIfNoEntry: false })?.size !== bytes,
  );
  const titles = [...new Set(missing.map(([title]) => title))];
  return defaultIsThere(root, catalog) ? titles : [...titles, `the default model ${catalog.default}`];
}

/** A model that is built here has a record beside it once it is whole: src/models/build-record.ts. */
function defaultIsThere(root, catalog) {
  const { path, recordPath } = defaultFiles(root, catalog);
  return existsSync(path) && existsSync(recordPath);
}

function defaultFiles(root, catalog) {
  const { file, sha256 } = catalog.models.find(({ name }) => name === catalog.default).files.cpu;
  const path = join(root, 'var', 'models', catalog.default, file);
  return { path, recordPath: `${path}.built.json`, sha256 };
}

/**
 * Builds the default model anew where an older goby built another one, as store.ts judges it; that one stays where it can't be done now.
 * Asked after goby itself was built, as only then it may be another goby.
 */
export function renewDefault(root) {
  const catalog = JSON.parse(readFileSync(join(root, 'models', 'catalog.json'), 'utf8'));
  const { recordPath, sha256 } = defaultFiles(root, catalog);
  if (sha256 !== undefined && !readFileSync(recordPath, 'utf8').includes(sha256)) buildDefault(root);
}

/** Converts and calibrates the default detector; the command shows its own progress. */
function buildDefault(root) {
  const { GOBY_STATE_DIR: _state, GOBY_CONFIG: _config, STATE_DIRECTORY: _directory, ...env } = process.env;
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'main.js'), 'models', 'pull', 'default', '--no-edgetpu', '--set', 'infer.edgetpu=off'],
    { cwd: root, env, stdio: ['ignore', 'ignore', 2] },
  );
  return status ?? 1;
}

/** @throws Trouble that names what is missing and the way out */
export async function fetchData(root, purpose) {
  const load = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
  const [{ findPlaces }, { fetchEssentials, missingEssentials }] = await Promise.all([
    load('config/places.js'),
    load('models/essentials.js'),
  ]);
  const places = findPlaces({});
  if (missingEssentials(places).length > 0)
    await fetchFiles(root, purpose, { places, fetchEssentials, missingEssentials });
  if (missingData(root).length === 0) return;
  const status = buildDefault(root);
  if (status !== 0) {
    throw new Trouble(
      `The default model could not be built. Run ${commandFor(purpose)} again with network; what has come is kept.`,
      status,
    );
  }
}

async function fetchFiles(root, purpose, { places, fetchEssentials, missingEssentials }) {
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

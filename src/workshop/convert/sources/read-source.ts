/** Any graph that goby converts: told by what is in the file, not by its name. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError, sentence } from '../../../errors.ts';
import type { GraphDef } from '../graph-def.ts';
import { readFrozenGraph } from './frozen-graph.ts';
import { readKerasArchive } from './keras-archive.ts';
import { readKerasConfig } from './keras-config.ts';
import { kerasGraph } from './keras-graph.ts';
import { readKerasH5 } from './keras-h5.ts';
import { weightsByPath } from './keras-weights.ts';
import { readSavedModel } from './saved-model.ts';
import { manifestSchema, readManifest, readTensorflowJs } from './tensorflow-js.ts';

const hdf5Mark = '\x89HDF';
const zipMark = 'PK\x03\x04';

export interface ReadOptions {
  /** Of a SavedModel. Absent: serving_default. */
  readonly signature?: string | undefined;
}

/** @throws InputError when the file or folder is missing, damaged, or nothing that goby converts */
export async function readSource(file: string, { signature }: ReadOptions = {}): Promise<GraphDef> {
  if (await isFolder(file)) return readFolder(file, signature);
  if (basename(file) === 'saved_model.pb') return readSavedModel(dirname(file), signature);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new InputError(`${file} can't be read: there is no such file.`, { cause: error });
    throw new InputError(`${file} can't be read: ${sentence(error)}.`, { cause: error });
  });
  if (bytes.toString('latin1', 0, 4) === hdf5Mark) return readKerasH5(bytes, file);
  if (bytes.toString('latin1', 0, 4) === zipMark) return readKerasArchive(bytes, file);
  if (/^\s*\{/.test(bytes.toString('latin1', 0, 64))) return readModelJson(file, bytes.toString('utf8'));
  return readFrozenGraph(bytes, file);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function readFolder(folder: string, signature: string | undefined): Promise<GraphDef> {
  if (existsSync(join(folder, 'saved_model.pb'))) return readSavedModel(folder, signature);
  if (existsSync(join(folder, 'model.json'))) return readSource(join(folder, 'model.json'));
  const versions = (await readdir(folder)).filter((name) => existsSync(join(folder, name, 'saved_model.pb')));
  throw new InputError(`${folder} is a folder without a model: there is no saved_model.pb and no model.json in it.`, {
    remedy:
      versions.length === 0
        ? 'Name the file of the model.'
        : `Name the folder inside it: ${join(folder, versions.at(-1)!)}.`,
  });
}

async function readModelJson(file: string, text: string): Promise<GraphDef> {
  let json: {
    modelTopology?: { model_config?: unknown; class_name?: unknown; keras_version?: unknown };
    weightsManifest?: unknown;
  };
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is no JSON: ${sentence(error)}.`, { remedy: 'Fetch it again.', cause: error });
  }
  // Converted from Keras the architecture lies one level deeper than saved by TensorFlow.js.
  const { modelTopology } = json;
  const config = modelTopology?.model_config ?? (modelTopology?.class_name === undefined ? undefined : modelTopology);
  if (config === undefined) return readTensorflowJs(file, json);
  const manifest = manifestSchema.safeParse(json.weightsManifest);
  if (!manifest.success) throw new InputError(`${file} has no weights manifest.`);
  const weights = await readManifest(file, manifest.data);
  return kerasGraph({
    model: readKerasConfig(config, file),
    weights: weightsByPath([...weights].map(([path, value]) => ({ path, read: () => value }))),
    source: file,
    // TensorFlow.js names itself, and has the layers of Keras 2.
    majorVersion: Number.parseInt(String(modelTopology?.keras_version ?? ''), 10) || 2,
  });
}

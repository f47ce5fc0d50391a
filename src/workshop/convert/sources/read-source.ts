/** Any graph that goby converts: told by what is in the file, not by its name. */
import { readFile } from 'node:fs/promises';
import { InputError, sentence } from '../../../errors.ts';
import type { GraphDef } from '../graph-def.ts';
import { readFrozenGraph } from './frozen-graph.ts';
import { readKerasConfig } from './keras-config.ts';
import { kerasGraph } from './keras-graph.ts';
import { readKerasH5 } from './keras-h5.ts';
import { manifestSchema, readManifest, readTensorflowJs } from './tensorflow-js.ts';

const hdf5Mark = '\x89HDF';

/** @throws InputError when the file is missing, damaged, or nothing that goby converts */
export async function readSource(file: string): Promise<GraphDef> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new InputError(`${file} can't be read: ${sentence(error)}.`, { cause: error });
  });
  if (bytes.toString('latin1', 0, 4) === hdf5Mark) return readKerasH5(file);
  if (/^\s*\{/.test(bytes.toString('latin1', 0, 64))) return readModelJson(file, bytes.toString('utf8'));
  return readFrozenGraph(bytes, file);
}

async function readModelJson(file: string, text: string): Promise<GraphDef> {
  let json: { modelTopology?: { model_config?: unknown; class_name?: unknown }; weightsManifest?: unknown };
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
  return kerasGraph(readKerasConfig(config, file), byLayer(weights), file);
}

/**
 * Weights of nested models come as outer/layer/kernel, and of models made twice in one program as layer/kernel_1; a layer looks
 * for layer/kernel.
 */
function byLayer<Value>(weights: ReadonlyMap<string, Value>): Map<string, Value> {
  const plain = (name: string): string => name.split('/').slice(-2).join('/').replace(/_\d+$/, '');
  return new Map([...weights].map(([name, value]) => [plain(name), value]));
}

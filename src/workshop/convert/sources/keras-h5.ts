/** Reads a Keras model saved as HDF5 (.h5): its architecture is an attribute, its weights are datasets by layer. */
import { InputError } from '../../../errors.ts';
import type { GraphDef, TensorValue } from '../graph-def.ts';
import { type Hdf5Group, openHdf5 } from './hdf5.ts';
import { readKerasConfig } from './keras-config.ts';
import { kerasGraph } from './keras-graph.ts';
import { parseArchitecture } from './keras-json.ts';
import { weightsByPath } from './keras-weights.ts';

/** @throws InputError when it is no HDF5 file, holds weights only, or a layer can't be converted */
export async function readKerasH5(bytes: Uint8Array, source: string): Promise<GraphDef> {
  const file = await openHdf5(bytes, source);
  const config = file.text('model_config');
  if (config === undefined) {
    throw new InputError(`${source} has weights but no architecture (the attribute model_config).`, {
      remedy: 'Save the whole model: model.save("model.h5").',
    });
  }
  const root = file.group('model_weights') ?? file;
  const version = file.text('keras_version') ?? root.text('keras_version') ?? '2';
  return kerasGraph({
    model: readKerasConfig(parseArchitecture(Buffer.from(config), source), source),
    weights: weightsByPath(datasets(root, '')),
    source,
    majorVersion: Number.parseInt(version, 10),
  });
}

/** Groups inside of groups; more is no file of weights. */
const deepest = 32;

function datasets(group: Hdf5Group, prefix: string, depth = 0): { path: string; read: () => TensorValue }[] {
  if (depth > deepest) return [];
  return group.keys.flatMap((key) => {
    const path = `${prefix}${key}`;
    const inner = group.group(key);
    if (inner !== undefined) return datasets(inner, `${path}/`, depth + 1);
    return [{ path, read: () => group.numbers(key) ?? { shape: [0], data: new Float32Array() } }];
  });
}

/** Reads a Keras model saved as HDF5 (.h5): its architecture is an attribute, its weights are datasets by layer. */
import { InputError } from '../../../errors.ts';
import type { GraphDef, TensorValue } from '../graph-def.ts';
import { readKerasConfig } from './keras-config.ts';
import { kerasGraph } from './keras-graph.ts';

/** @throws InputError when it is no HDF5 file, holds weights only, or a layer can't be converted */
export async function readKerasH5(path: string): Promise<GraphDef> {
  // Its WebAssembly takes a moment to start, which only those wait for who read such a file.
  const { default: hdf5 } = await import('h5wasm/node');
  // Otherwise HDF5 prints its own trace and gives a file that can't be used.
  (await hdf5.ready).activate_throwing_error_handler();
  const file = open(hdf5, path);
  try {
    const config = textOf(file.attrs['model_config']?.value);
    if (config === undefined) {
      throw new InputError(`${path} has weights but no architecture (the attribute model_config).`, {
        remedy: 'Save the whole model: model.save("model.h5").',
      });
    }
    const weights = new Map<string, TensorValue>();
    const root = file.get('model_weights');
    if (root instanceof hdf5.Group) collect(hdf5, root, '', weights);
    return kerasGraph(readKerasConfig(JSON.parse(config), path), weights, path);
  } finally {
    file.close();
  }
}

type Hdf5 = typeof import('h5wasm/node').default;

function open(hdf5: Hdf5, path: string) {
  try {
    return new hdf5.File(path, 'r');
  } catch (error) {
    throw new InputError(`${path} can't be read as HDF5: it is cut off or damaged.`, {
      remedy: 'Fetch or save it again.',
      cause: error,
    });
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
}

/** Datasets lie at layer/.../layer/kernel:0; the last two names say which weight of which layer it is. */
function collect(
  hdf5: Hdf5,
  group: InstanceType<Hdf5['Group']>,
  layer: string,
  weights: Map<string, TensorValue>,
): void {
  for (const key of group.keys()) {
    const entry = group.get(key);
    if (entry instanceof hdf5.Group) {
      collect(hdf5, entry, key, weights);
    } else if (entry instanceof hdf5.Dataset && entry.value !== null) {
      const numbers = entry.value as ArrayLike<number> | number;
      const data = typeof numbers === 'number' ? Float32Array.of(numbers) : Float32Array.from(numbers);
      weights.set(`${layer}/${key.replace(/:\d+$/, '')}`, { shape: entry.shape ?? [], data });
    }
  }
}

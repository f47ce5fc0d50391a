/** Reads a .keras file: a zip archive with the architecture, its version, and the weights as HDF5. */
import { z } from 'zod';
import { InputError } from '../../../errors.ts';
import { readZip } from '../../../models/zip.ts';
import type { GraphDef } from '../graph-def.ts';
import { openHdf5 } from './hdf5.ts';
import { readKerasConfig } from './keras-config.ts';
import { kerasGraph } from './keras-graph.ts';
import { parseArchitecture } from './keras-json.ts';
import { weightsInStore } from './keras-weights.ts';

/** No model for a Pi has more weights. */
const mostBytes = 1 << 30;

const metadataSchema = z.object({ keras_version: z.string() });

/** @throws InputError when it is no such archive, damaged, or a layer can't be converted */
export async function readKerasArchive(bytes: Uint8Array, source: string): Promise<GraphDef> {
  const entries = readZip(bytes, source);
  const part = (name: string): Uint8Array => {
    const entry = entries?.find((one) => one.name === name);
    if (entry !== undefined) return entry.content(mostBytes);
    throw new InputError(`${source} is no Keras model: ${name} is not in the archive.`, {
      remedy: 'Save the whole model: model.save("model.keras").',
    });
  };
  const model = readKerasConfig(parseArchitecture(part('config.json'), source), source);
  const metadata = metadataSchema.safeParse(parseArchitecture(part('metadata.json'), source));
  const store = await openHdf5(part('model.weights.h5'), source);
  return kerasGraph({
    model,
    weights: weightsInStore(store, model),
    source,
    majorVersion: Number.parseInt(metadata.data?.keras_version ?? '3', 10),
  });
}

/** Builds a catalog model that no source has as a file: converts its graph, checks it on the sample photos in a worker of its own. */
import { join } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { GobyError } from '../../errors.ts';
import { openEngine } from '../../flow/infer/open-engine.ts';
import { silentLogger } from '../../logger.ts';
import type { BuildRequest } from '../../models/store.ts';
import { buildModel, type RecipeName, recipes } from './recipes.ts';

/** Calibration runs in float with every tensor exported: slow on a small Pi. */
const calibrationDeadlineMs = 60_000;

/** @param onProgress done 0..1 and the step at work */
export async function buildInWorker(
  { recipe, graphFolder, output }: BuildRequest,
  loaded: Pick<LoadedConfig, 'config' | 'places'>,
  onProgress: (done: number, step: string) => void,
): Promise<void> {
  if (!isRecipe(recipe)) throw new GobyError(`There is no recipe ${recipe} to build the model with.`);
  const engine = openEngine(loaded, silentLogger, {
    infer: { edgetpu: 'off', deadlineMs: calibrationDeadlineMs },
  });
  try {
    const { photos, root } = loaded.places;
    await buildModel({ recipe, graphFolder, calibrations: join(root, 'models'), photos, output, engine, onProgress });
  } finally {
    await engine.stop();
  }
}

function isRecipe(name: string): name is RecipeName {
  return Object.hasOwn(recipes, name);
}

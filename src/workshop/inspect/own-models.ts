/** Can the models of models.own, and the files that cameras name, be used? Read, loaded and decoded, as the agent will. */
import type { LoadedConfig } from '../../config/load.ts';
import { isExpected, sentence } from '../../errors.ts';
import { createWorkerEngine } from '../../flow/infer/worker-engine.ts';
import { createDecode } from '../../flow/interpret/decode.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import { silentLogger } from '../../logger.ts';
import { isModelPath } from '../../models/own-model.ts';
import { resolveModel } from '../../models/resolve.ts';

export interface OwnModelVerdict {
  readonly name: string;
  /** Undefined: it can be used. */
  readonly problem?: string;
  /** What its user should know. */
  readonly notes: readonly string[];
}

/** In the order of their names; those of the catalog are not looked at. */
export async function ownModelVerdicts({ config, places }: LoadedConfig): Promise<OwnModelVerdict[]> {
  const named = Object.values(config.cameras)
    .flatMap(({ model, secondStage }) => [model, ...secondStage.models.map((stage) => stage.model)])
    .filter(isModelPath);
  const names = [...new Set([...Object.keys(config.models.own), ...named])].sort();
  if (names.length === 0) return [];
  const engine = createWorkerEngine({
    config: { ...config.infer, edgetpu: 'off' },
    library: config.infer.library ?? places.runtimeLibrary,
    logger: silentLogger,
  });
  try {
    const verdicts: OwnModelVerdict[] = [];
    for (const name of names) {
      try {
        const model = await resolveModel({ name, config: config.models, places });
        const loaded = await engine.load(model.pair);
        createModelPreprocessor(model, loaded);
        createDecode({ model, loaded, minScore: 0, maxDetections: 1 });
        verdicts.push({ name, notes: model.notes ?? [] });
      } catch (error) {
        if (!isExpected(error)) throw error;
        verdicts.push({ name, problem: sentence(error), notes: [] });
      }
    }
    return verdicts;
  } finally {
    await engine.stop();
  }
}

/** Finds what is to be photographed: the boxes of one label in a frame, by the camera's model or another. */
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError } from '../../errors.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { hasEdgetpu, openEngine } from '../../flow/infer/open-engine.ts';
import type { Detection } from '../../flow/interpret/detection.ts';
import { createModelRunner } from '../../flow/model-runner.ts';
import type { Logger } from '../../logger.ts';
import { resolveModel } from '../../models/resolve.ts';
import { nearNames } from '../../text/near-names.ts';

export interface DatasetDetector {
  find(frame: Frame): Promise<readonly Detection[]>;
  stop(): Promise<void>;
}

/** @throws GobyError when the model can't be used, or never gives the label */
export async function createDatasetDetector(wanted: {
  loaded: LoadedConfig;
  model: string;
  label: string;
  minScore: number;
  logger: Logger;
}): Promise<DatasetDetector> {
  const { loaded, label, minScore, logger } = wanted;
  const { config, places } = loaded;
  const edgetpu = hasEdgetpu(config.infer);
  const model = await resolveModel({ name: wanted.model, config: config.models, places, edgetpu });
  if (model.labels !== undefined && !model.labels.includes(label)) {
    const near = nearNames(label, model.labels, { parts: true });
    throw new ConfigError(`--on-detection: the model ${model.name} has no label ${JSON.stringify(label)}.`, {
      remedy: near.length > 0 ? `Near to it are ${near.join(', ')}.` : '`goby models info` shows what a model knows.',
    });
  }
  const engine = openEngine(loaded, logger);
  try {
    const runner = createModelRunner({
      model,
      loaded: await engine.load(model.pair),
      engine,
      config: { fit: 'auto', minScore, maxDetections: 20 },
    });
    return {
      find: async (frame) => {
        const tensor = await runner.preprocess(frame);
        try {
          const answer = await runner.infer(tensor);
          const [found] = runner.interpret(answer, tensor);
          const { detections } = runner.gather([{ detections: found! }]);
          return detections.filter((detection) => detection.label === label);
        } finally {
          tensor.release();
        }
      },
      stop: () => engine.stop(),
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

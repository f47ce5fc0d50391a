/** What `goby classify` and `goby detect` share: photos of the command line through one model, each with its result or its trouble. */
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, exitCode, isExpected, sentence } from '../../errors.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import { hasEdgetpu, openEngine } from '../../flow/infer/open-engine.ts';
import type { Detection } from '../../flow/interpret/detection.ts';
import { createInterpreter } from '../../flow/interpret/interpreter.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import { createLogger, type Logger } from '../../logger.ts';
import type { Fit, ModelTask } from '../../models/model.ts';
import type { Backend } from '../../models/model-file.ts';
import { resolveModel } from '../../models/resolve.ts';
import { estimateAll, loadStages, type WantedStage } from './photo-estimates.ts';

export interface PhotoRequest {
  readonly loaded: LoadedConfig;
  readonly model: string;
  readonly labelsFile: string | undefined;
  readonly task: ModelTask;
  /** Overrides what the model and its decoder say. */
  readonly fit: Fit | 'auto';
  readonly files: readonly string[];
  readonly minScore: number;
  readonly maxDetections: number;
  /** Models that look at crops of the detections. */
  readonly stages?: readonly WantedStage[];
}

export interface PhotoResult {
  readonly file: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly model: string;
  readonly modelSha256: string;
  readonly backend: Backend;
  readonly invokeMs: number;
  readonly detections: readonly Detection[];
}

/**
 * Runs the model on each file in order and hands every result on. A file that fails is told on stderr, the others go on.
 * @returns the exit code: 0, or 1 when a file failed
 * @throws GobyError when the model can't be used
 */
export async function eachPhoto(request: PhotoRequest, take: (result: PhotoResult) => Promise<void>): Promise<number> {
  const { loaded, files, task } = request;
  const { config, places } = loaded;
  const edgetpu = hasEdgetpu(config.infer);
  const { labelsFile } = request;
  const model = await resolveModel({ name: request.model, config: config.models, places, edgetpu, labelsFile });
  for (const note of model.notes ?? []) console.error(`goby: ${note}`);
  if (model.task !== task) {
    const other = task === 'detect' ? 'goby classify' : 'goby detect';
    throw new ConfigError(`The model ${model.name} is made to ${model.task}, not to ${task}.`, {
      remedy: `Use ${other}.`,
    });
  }
  const engine = openEngine(loaded, stderrLogger());
  try {
    const spec = await engine.load(model.pair);
    const { minScore, maxDetections, fit } = request;
    const preprocessor = createModelPreprocessor(model, spec, fit);
    const interpret = createInterpreter({ model, loaded: spec, minScore, maxDetections });
    const stages = await loadStages(request.stages ?? [], { loaded, engine, edgetpu });
    let code: number = exitCode.ok;
    for (const [index, file] of files.entries()) {
      try {
        const frame = await photoFrame(file, index + 1);
        const tensor = await preprocessor.prepare(frame);
        const result = await engine.infer(model.name, [tensor.bytes]);
        tensor.release();
        const detections = interpret(result, tensor.placement);
        await take({
          file,
          widthPx: frame.widthPx,
          heightPx: frame.heightPx,
          model: model.name,
          modelSha256: result.model.sha256,
          backend: result.model.backend,
          invokeMs: Math.round(result.invokeMs * 100) / 100,
          detections: await estimateAll(frame, detections, stages),
        });
      } catch (error) {
        if (!isExpected(error)) throw error;
        console.error(`goby: ${sentence(error)}`);
        code = exitCode.failed;
      }
    }
    return code;
  } finally {
    await engine.stop();
  }
}

/** Warnings of the worker; stdout belongs to the results. */
function stderrLogger(): Logger {
  return createLogger({
    part: 'worker',
    threshold: { level: 'error' },
    format: 'text',
    write: (line) => process.stderr.write(`${line}\n`),
  });
}

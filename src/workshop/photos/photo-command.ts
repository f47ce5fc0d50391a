/** What `goby classify` and `goby detect` share: photos of the command line through one model, each with its result or its trouble. */
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, exitCode, isExpected, sentence } from '../../errors.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import { hasEdgetpu, openEngine } from '../../flow/infer/open-engine.ts';
import type { Detection, LookedAt } from '../../flow/interpret/detection.ts';
import { createLogger, type Logger } from '../../logger.ts';
import type { Fit, ModelTask } from '../../models/model.ts';
import type { Backend } from '../../models/model-file.ts';
import { resolveModel } from '../../models/resolve.ts';
import { estimateAll, loadStages, type WantedStage } from './photo-estimates.ts';
import { createPhotoLook } from './photo-look.ts';

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
  /** Also looks at overlapping tiles of each photo. */
  readonly tiles?: boolean;
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
  /** Of all inferences. */
  readonly invokeMs: number;
  /** What was looked at; absent: the photo as a whole. */
  readonly regions?: readonly LookedAt[];
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
    const { minScore, maxDetections, fit, tiles = false } = request;
    const look = createPhotoLook({ model, loaded: spec, engine, fit, minScore, maxDetections, tiles });
    const stages = await loadStages(request.stages ?? [], { loaded, engine, edgetpu });
    let code: number = exitCode.ok;
    for (const [index, file] of files.entries()) {
      try {
        const frame = await photoFrame(file, index + 1);
        const { detections, by, invokeMs, regions } = await look(frame);
        await take({
          file,
          widthPx: frame.widthPx,
          heightPx: frame.heightPx,
          model: model.name,
          modelSha256: by.sha256,
          backend: by.backend,
          invokeMs: Math.round(invokeMs * 100) / 100,
          ...(regions === undefined ? {} : { regions }),
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

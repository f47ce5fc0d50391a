/** One look at a photo as a whole, or many at tiles of it. */
import { ConfigError } from '../../errors.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { prepareRegions, prepareWhole } from '../../flow/frame-looks.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import type { Detection, LookedAt } from '../../flow/interpret/detection.ts';
import { createModelRunner } from '../../flow/model-runner.ts';
import { upright } from '../../flow/preprocess/geometry.ts';
import { exhaustiveTiling } from '../../flow/regions/tiles.ts';
import type { Fit, Model } from '../../models/model.ts';

export interface PhotoLookOptions {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
  readonly fit: Fit | 'auto';
  readonly minScore: number;
  readonly maxDetections: number;
  /** Also looks at overlapping tiles: small things are found, at one inference a tile. */
  readonly tiles: boolean;
}

export interface PhotoLook {
  readonly detections: readonly Detection[];
  /** The model that answered, on its backend. */
  readonly by: LoadedModel;
  /** Of all inferences. */
  readonly invokeMs: number;
  /** What was looked at; absent: the photo as a whole. */
  readonly regions?: readonly LookedAt[];
}

/** @throws ConfigError when tiles are wanted of a model that gains nothing by them */
export function createPhotoLook(options: PhotoLookOptions): (frame: Frame) => Promise<PhotoLook> {
  const { model, loaded, engine, fit, minScore, maxDetections, tiles } = options;
  const runner = createModelRunner({ model, loaded, engine, config: { fit, minScore, maxDetections } });
  if (tiles && !runner.takesRegions) {
    throw new ConfigError(`--tiles: the model ${model.name} finds no boxes that would be truer in a tile.`, {
      remedy: 'Leave --tiles out, or use a detector such as the default model.',
    });
  }
  const [, heightPx, widthPx] = loaded.inputs[0]!.shape;
  return async (frame) => {
    const looks = await (tiles ? prepareRegions : prepareWhole)(runner, frame);
    try {
      const size = upright(frame, frame.rotationDeg);
      const looked = await looks.look(tiles ? exhaustiveTiling(size, Math.min(widthPx!, heightPx!)) : undefined);
      const { found, model: by, invokeMs, regions } = looked;
      return { detections: found.detections, by, invokeMs, ...(regions === undefined ? {} : { regions }) };
    } finally {
      looks.release();
    }
  };
}

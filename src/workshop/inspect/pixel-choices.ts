/** What a model answers to photos when their pixels go in one way or another: the right way is seldom in doubt then. */
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import type { Detection } from '../../flow/interpret/detection.ts';
import { createInterpreter } from '../../flow/interpret/interpreter.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import type { Preprocessor } from '../../flow/preprocess/preprocessor.ts';
import { normalisationOf } from '../../models/facts/input-reading.ts';
import type { Model, Normalisation } from '../../models/model.ts';

export interface PixelChoice {
  /** Such as `0 to 1`. */
  readonly name: string;
  /** Undefined: the default of the input's type. */
  readonly normalisation: Normalisation | undefined;
  /** What a configuration writes for it. */
  readonly setting: string;
  /** Whether goby would feed the model so. */
  readonly isUsed: boolean;
}

/** Of torchvision and of Caffe, in pixels; the channels in the order red, green, blue. */
const torch: Normalisation = { mean: [123.675, 116.28, 103.53], standardDeviation: [58.395, 57.12, 57.375] };

const settingOf = ({ mean, standardDeviation }: Normalisation): string =>
  `normalisation: { mean: ${JSON.stringify(mean)}, std: ${JSON.stringify(standardDeviation)} }`;

/** What goby uses first, then the usual others. */
export function pixelChoices({ normalisation }: Pick<Model, 'normalisation'>, { inputs }: LoadedModel): PixelChoice[] {
  const isFloat = inputs[0]!.type === 'float32';
  const usual: Omit<PixelChoice, 'isUsed'>[] = [
    ...(isFloat
      ? []
      : [{ name: 'pixels as they are', normalisation: undefined, setting: 'neither range nor normalisation' }]),
    ...(
      [
        [-1, 1],
        [0, 1],
        [0, 255],
      ] as const
    ).map(([low, high]) => ({
      name: `${low} to ${high}`,
      normalisation: normalisationOf(low, high),
      setting: `range: [${low}, ${high}]`,
    })),
    { name: 'ImageNet mean and deviation', normalisation: torch, setting: settingOf(torch) },
  ];
  const used = normalisation ?? (isFloat ? normalisationOf(-1, 1) : undefined);
  const at = usual.findIndex((choice) => isSame(choice.normalisation, used));
  const known = usual.map((choice, index) => ({ ...choice, isUsed: index === at }));
  if (at >= 0) return [known[at]!, ...known.filter((_, index) => index !== at)];
  const own = { name: 'as the file says', normalisation: used, setting: used === undefined ? '' : settingOf(used) };
  return [{ ...own, isUsed: true }, ...known];
}

function isSame(one: Normalisation | undefined, other: Normalisation | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export interface ChoiceAnswer {
  readonly choice: PixelChoice;
  /** Best first. */
  readonly detections: readonly Detection[];
}

export interface TryOptions {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
  readonly minScore: number;
  readonly count: number;
}

/** @returns what the model answers to a photo in every choice. @throws InputError for a photo that can't be read */
export function createChoiceTrial({
  model,
  loaded,
  engine,
  minScore,
  count,
}: TryOptions): (file: string) => Promise<ChoiceAnswer[]> {
  const interpret = createInterpreter({ model, loaded, minScore, maxDetections: count });
  const trials = pixelChoices(model, loaded).map((choice): { choice: PixelChoice; preprocessor: Preprocessor } => {
    const { normalisation: _, ...rest } = model;
    const { normalisation } = choice;
    const fed = normalisation === undefined ? rest : { ...rest, normalisation };
    return { choice, preprocessor: createModelPreprocessor(fed, loaded) };
  });
  return async (file) => {
    const frame = await photoFrame(file, 1);
    const answers: ChoiceAnswer[] = [];
    for (const { choice, preprocessor } of trials) {
      const tensor = await preprocessor.prepare(frame);
      const result = await engine.infer(loaded.name, [tensor.bytes]);
      tensor.release();
      answers.push({ choice, detections: interpret(result, tensor.placement) });
    }
    return answers;
  };
}

/** States in a converted model what its pixels and outputs mean, as TensorFlow Lite's metadata has it, for goby and for others. */
import { labelFileText } from '../../models/labels/label-file-text.ts';
import { packFiles } from '../../models/tflite-file/associated-files.ts';
import { withMetadata } from '../../models/tflite-file/metadata.ts';
import type { AssociatedFile, TensorMetadata } from '../../models/tflite-file/metadata-schema.ts';
import type { Tensor } from '../../models/tflite-file/schema.ts';
import { mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { isPictureShape } from '../photos/calibration-photos.ts';
import type { Range } from './quantize/ranges.ts';

/** The file behind the model that holds its labels, one a line. */
const labelsName = 'labels.txt';

/** A written model with its labels behind it. */
export function packLabels(model: Uint8Array, labels: readonly string[]): Uint8Array {
  return packFiles(model, [{ name: labelsName, bytes: Buffer.from(labelFileText(labels)) }]);
}

export interface Description {
  /** Of the source, without its folder. */
  readonly name: string;
  /** Real values of a pixel of 0 and of 255. */
  readonly inputRange: Range;
  /** Labels are packed behind the model. */
  readonly hasLabels: boolean;
  /** Boxes, classes, scores, count: its labels are of the numbers that output 1 holds. */
  readonly isDetector: boolean;
}

/** Models whose inputs are no single picture are left as they are, but for their labels. */
export function describeModel(
  model: TfliteModel,
  { name, inputRange, hasLabels, isDetector }: Description,
): TfliteModel {
  const { tensors, inputs, outputs } = mainGraph(model);
  const [input] = inputs.map((index) => tensors[index]!);
  const isPicture = inputs.length === 1 && input !== undefined && isPictureShape(input.shape);
  if (!isPicture && !hasLabels) return model;
  const labels: AssociatedFile = {
    name: labelsName,
    description: 'What the classes are called, one a line.',
    type: isDetector ? 'TENSOR_VALUE_LABELS' : 'TENSOR_AXIS_LABELS',
  };
  return withMetadata(model, {
    name,
    description: 'Converted by goby.',
    subgraphMetadata: [
      {
        inputTensorMetadata: inputs.map((index) => (isPicture ? picture(tensors[index]!, inputRange) : {})),
        outputTensorMetadata: outputs.map((index, at) => ({
          name: tensors[index]!.name ?? `output ${at}`,
          ...(hasLabels && at === (isDetector ? 1 : 0) ? { associatedFiles: [labels] } : {}),
        })),
      },
    ],
    minParserVersion: '1.0.0',
  });
}

function picture(tensor: Tensor, range: Range): TensorMetadata {
  const { mean, std } = pixelScale(tensor, range);
  const colorSpace = tensor.shape[3] === 1 ? 'GRAYSCALE' : 'RGB';
  const ends = [0, 255].map((pixel) => (pixel - mean) / std);
  return {
    name: tensor.name ?? 'image',
    content: { contentProperties: { table: 'ImageProperties', colorSpace } },
    processUnits: [{ options: { table: 'NormalizationOptions', mean: [mean], std: [std] } }],
    stats: { min: [ends[0]!], max: [ends[1]!] },
  };
}

/** (pixel - mean) / std. What an 8-bit input makes of a pixel that goes in as it is, its own scale says exactly. */
function pixelScale({ type, quantization }: Tensor, { low, high }: Range): { mean: number; std: number } {
  const scale = quantization?.scale?.[0];
  const zeroPoint = quantization?.zeroPoint?.[0];
  if (scale !== undefined && zeroPoint !== undefined && type !== 'FLOAT32') {
    return { mean: Number(zeroPoint) + (type === 'INT8' ? 128 : 0), std: 1 / scale };
  }
  const std = 255 / (high - low);
  // Adding 0 turns -0 into 0.
  return { mean: -low * std + 0, std };
}

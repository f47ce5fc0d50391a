/** SSD detectors: behind TFLite_Detection_PostProcess, behind other post-processing, and without any. */
import type { MetadataValue } from '../tflite-file/metadata-schema.ts';
import { postProcessOperator, postProcessOptions } from '../tflite-file/post-process-options.ts';
import type { OutputQuestion } from './output-question.ts';
import type { OutputReading } from './reading.ts';
import { scoreKind } from './score-kind.ts';
import { ssdAnchors } from './ssd-anchors.ts';

/** In the order in which the kernel has its outputs: tensorflow/lite/kernels/detection_postprocess.cc. */
export const ssdRoles = ['boxes', 'classes', 'scores', 'count'] as const;

/** The outputs may come in any order; TensorFlow 2.6 and later sort them by other names: the operator itself says which is which. */
export function readPostProcess({ walk }: OutputQuestion): OutputReading | undefined {
  const operator = walk.graph.operators.findLast((one) => walk.nameOf(one) === postProcessOperator);
  if (operator === undefined) return undefined;
  const positions = operator.outputs.map((tensor) =>
    walk.graph.outputs.findIndex((output) => output === tensor || walk.makerOf(output)?.inputs[0] === tensor),
  );
  if (positions.length < 4 || positions.slice(0, 4).some((position) => position < 0)) {
    return { refusal: 'it keeps some of the outputs of its TFLite_Detection_PostProcess for itself' };
  }
  const classes = postProcessOptions(operator.customOptions)?.classes;
  return {
    decoder: 'ssd',
    roles: Object.fromEntries(ssdRoles.map((role, at) => [role, positions[at]!])),
    ...(classes === undefined ? {} : { classes }),
  };
}

/** Boxes [1, n, 4], two rows [1, n] and a count [1], made by other operators: told by metadata, names, or their order. */
export function readSsdByShapes({ walk, metadata }: OutputQuestion): OutputReading | undefined {
  const roles = rolesByShapes(
    walk.graph.outputs.map((index, position) => ({
      shape: walk.tensor(index).shape,
      names: [walk.tensor(index).name, metadataName(metadata, position)].filter((name) => name !== undefined),
    })),
  );
  return roles === undefined ? undefined : { decoder: 'ssd', roles };
}

function metadataName(metadata: MetadataValue | undefined, position: number): string | undefined {
  return metadata?.subgraphMetadata?.[0]?.outputTensorMetadata?.[position]?.name;
}

export interface NamedOutput {
  readonly shape: readonly number[];
  /** Of the tensor, and what the metadata calls it. */
  readonly names: readonly string[];
}

/**
 * Which output is what, where no operator says so. Two rows of one shape are told apart by their names, else by the orders in use:
 * boxes, classes, scores, count since the first exports; scores, boxes, count, classes since TensorFlow 2.6.
 */
export function rolesByShapes(outputs: readonly NamedOutput[]): Readonly<Record<string, number>> | undefined {
  const positions = (fits: (shape: readonly number[]) => boolean): number[] =>
    outputs.flatMap(({ shape }, position) => (fits(shape) ? [position] : []));
  const [boxes, ...otherBoxes] = positions((shape) => shape.length === 3 && shape[0] === 1 && shape[2] === 4);
  const count = positions((shape) => shape.length <= 1 && (shape[0] ?? 1) === 1);
  const found = boxes === undefined ? 0 : outputs[boxes]!.shape[1]!;
  const rows = positions((shape) => shape.length === 2 && shape[0] === 1 && shape[1] === found);
  if (boxes === undefined || otherBoxes.length > 0 || count.length !== 1 || rows.length !== 2) return undefined;
  const named = (word: RegExp): number | undefined =>
    rows.find((position) => outputs[position]!.names.some((name) => word.test(name)));
  const scores = named(/score|prob|conf/i);
  const classes = named(/class|categ|label/i);
  const [first, second] = rows as [number, number];
  const scoresAt =
    scores ?? (classes === undefined ? (first < boxes ? first : second) : classes === first ? second : first);
  return { boxes, scores: scoresAt, classes: scoresAt === first ? second : first, count: count[0]! };
}

/** Box encodings [1, anchors, 4] and scores [1, anchors, classes + 1] as a MobileNet SSD gives them, before any post-processing. */
export function readRawSsd({ walk }: OutputQuestion): OutputReading | undefined {
  const { inputs, outputs } = walk.graph;
  if (outputs.length !== 2) return undefined;
  const pair = rawSsdRoles(
    outputs.map((index) => ({ shape: walk.tensor(index).shape, names: [walk.tensor(index).name ?? ''] })),
  );
  if (pair === undefined) return undefined;
  const scores = walk.tensor(outputs[pair.scores]!).shape;
  const [, heightPx = 0, widthPx = 0] = walk.tensor(inputs[0]!).shape;
  const known = ssdAnchors(heightPx, widthPx).length;
  if (scores[1] !== known) {
    return {
      refusal: `it gives the encodings of ${scores[1]} boxes without their anchors, and goby knows those of MobileNet SSDs (${known} for its input)`,
    };
  }
  const kind = scoreKind(walk, outputs[pair.scores]!);
  return { decoder: 'ssd-raw', roles: pair, classes: scores[2]! - 1, ...(kind === undefined ? {} : { scores: kind }) };
}

/** Which of two outputs is which; where both have four numbers a box, as with three classes, names decide, else the usual order. */
export function rawSsdRoles(outputs: readonly NamedOutput[]): { boxes: number; scores: number } | undefined {
  const [one, other] = outputs;
  const isPair =
    outputs.length === 2 && one!.shape.length === 3 && other!.shape.length === 3 && one!.shape[1] === other!.shape[1];
  if (!isPair || (one!.shape[1] ?? 0) < 2) return undefined;
  const isBoxes = ({ shape }: NamedOutput): boolean => shape[2] === 4;
  const sayScores = ({ names }: NamedOutput): boolean => names.some((name) => /class|score/i.test(name));
  if (!isBoxes(one!) && !isBoxes(other!)) return undefined;
  const turned = isBoxes(one!) && isBoxes(other!) ? sayScores(one!) && !sayScores(other!) : !isBoxes(one!);
  const [boxes, scores] = turned ? [1, 0] : [0, 1];
  return (outputs[scores]!.shape[2] ?? 0) >= 2 ? { boxes: boxes!, scores: scores! } : undefined;
}

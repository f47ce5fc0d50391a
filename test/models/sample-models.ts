/** Small models whose answers are known in closed form, built by code: each gives the same outputs whatever picture it is shown. */
import { encode } from 'flatbuffers/js/flexbuffers.js';
import type { TfliteModel } from '../../src/models/tflite-file/tflite-model.ts';
import { GraphBuilder, type TensorOptions } from './graph-builder.ts';

export interface KnownOutput extends TensorOptions {
  readonly shape: readonly number[];
  /** As they are stored. */
  readonly values: readonly number[];
  /** Goes through this operator; values are then what it is given. */
  readonly last?: 'SOFTMAX' | 'LOGISTIC' | 'RELU';
}

const softmaxOptions = { table: 'SoftmaxOptions', beta: 1 } as const;

export interface SampleInput extends TensorOptions {
  readonly shape?: readonly number[];
}

/** A graph that only gives these outputs. */
export function constantModel(
  outputs: readonly KnownOutput[],
  { shape = [1, 8, 8, 3], ...input }: SampleInput = {},
): TfliteModel {
  const graph = new GraphBuilder();
  const picture = graph.tensor(shape, { name: 'picture', ...input });
  const made = outputs.map(({ shape: own, values, last, ...options }) => {
    const { name, ...plain } = options;
    const constant = graph.constant(own, values, plain);
    const size = graph.constant([own.length], own, { type: 'INT32' });
    const output = graph.tensor(own, last === undefined ? options : plain);
    graph.operator('RESHAPE', [constant, size], [output], { options: { table: 'ReshapeOptions', newShape: own } });
    if (last === undefined) return output;
    const end = graph.tensor(own, options);
    graph.operator(last, [output], [end], last === 'SOFTMAX' ? { options: softmaxOptions } : {});
    return end;
  });
  return graph.model([picture], made);
}

/** Scores [1, n] behind the operator. */
export function classifierModel(
  values: readonly number[],
  last?: KnownOutput['last'],
  input?: SampleInput,
): TfliteModel {
  return constantModel(
    [{ shape: [1, values.length], values, name: 'scores', ...(last === undefined ? {} : { last }) }],
    input,
  );
}

export interface KnownDetection {
  /** top, left, bottom, right as fractions. */
  readonly box: readonly [number, number, number, number];
  /** Without background. */
  readonly classIndex: number;
  readonly score: number;
}

export type SsdOutput = 'boxes' | 'classes' | 'scores' | 'count';

/**
 * TFLite_Detection_PostProcess on these detections: every box is an anchor whose encoding is zero.
 * @param order of the model's outputs; the operator's own is boxes, classes, scores, count
 * @param names of the output tensors in this order
 */
export function ssdModel(
  detections: readonly KnownDetection[],
  {
    classes,
    order = ['boxes', 'classes', 'scores', 'count'],
    names = [],
    input = {},
    isRegular = false,
  }: {
    classes: number;
    order?: readonly SsdOutput[];
    names?: readonly string[];
    input?: SampleInput;
    /** Boxes suppress those of their own class only. */
    isRegular?: boolean;
  },
): TfliteModel {
  const graph = new GraphBuilder();
  const { shape = [1, 8, 8, 3], ...inputOptions } = input;
  const picture = graph.tensor(shape, { name: 'picture', ...inputOptions });
  const count = detections.length;
  const boxes = graph.constant(
    [1, count, 4],
    detections.flatMap(() => [0, 0, 0, 0]),
  );
  const scores = graph.constant(
    [1, count, classes + 1],
    detections.flatMap(({ classIndex, score }) =>
      Array.from({ length: classes + 1 }, (_, at) => (at === classIndex + 1 ? score : 0)),
    ),
  );
  const anchors = graph.constant(
    [count, 4],
    detections.flatMap(({ box: [top, left, bottom, right] }) => [
      (top + bottom) / 2,
      (left + right) / 2,
      bottom - top,
      right - left,
    ]),
  );
  const nameOf = (output: SsdOutput) =>
    names[order.indexOf(output)] ?? `TFLite_Detection_PostProcess:${order.indexOf(output)}`;
  const outputs = {
    boxes: graph.tensor([1, count, 4], { name: nameOf('boxes') }),
    classes: graph.tensor([1, count], { name: nameOf('classes') }),
    scores: graph.tensor([1, count], { name: nameOf('scores') }),
    count: graph.tensor([1], { name: nameOf('count') }),
  };
  graph.operator('CUSTOM', [boxes, scores, anchors], [outputs.boxes, outputs.classes, outputs.scores, outputs.count], {
    custom: 'TFLite_Detection_PostProcess',
    customOptions: encode({
      max_detections: count,
      max_classes_per_detection: 1,
      detections_per_class: count,
      use_regular_nms: isRegular,
      nms_score_threshold: 0.01,
      nms_iou_threshold: 0.6,
      num_classes: classes,
      y_scale: 10,
      x_scale: 10,
      h_scale: 5,
      w_scale: 5,
    }),
  });
  return graph.model(
    [picture],
    order.map((output) => outputs[output]),
  );
}

/** MediaPipe's face detector, as far as its outputs go. */
export function blazefaceModel({
  side = 128,
  anchors = 896,
  names = ['regressors', 'classificators'] as readonly [string, string],
} = {}): TfliteModel {
  const zeros = (count: number) => Array.from({ length: count }, () => 0);
  return constantModel(
    [
      { shape: [1, anchors, 16], values: zeros(anchors * 16), name: names[0] },
      { shape: [1, anchors, 1], values: zeros(anchors), name: names[1] },
    ],
    { shape: [1, side, side, 3] },
  );
}

/** Compiled for the Edge TPU, as far as goby sees. */
export function compiledModel(classes = 2): TfliteModel {
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 8, 8, 3], { type: 'UINT8' });
  const scores = graph.tensor([1, classes], { type: 'UINT8' });
  graph.operator('CUSTOM', [picture], [scores], { custom: 'edgetpu-custom-op' });
  return graph.model([picture], [scores]);
}

/** Appends TFLite_Detection_PostProcess: box decoding by anchors and non-maximum suppression, inside the model. */
import { encode } from 'flatbuffers/js/flexbuffers.js';
import { InputError } from '../../errors.ts';
import { plainOperator } from '../../models/tflite-file/plain-operator.ts';
import { postProcessOperator } from '../../models/tflite-file/post-process-options.ts';
import type { Tensor } from '../../models/tflite-file/schema.ts';
import { mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import type { ConstantData } from './graph.ts';

export const detectionCounts = [20, 50, 100] as const;

export interface DetectionOptions {
  /** Anchors [anchors, 4] as centre y, centre x, height, width, fractions of the picture. */
  readonly centres: Float32Array;
  readonly maxDetections: number;
  /** Boxes of one class that are kept before the best of all are; counts for regular suppression only. */
  readonly detectionsPerClass: number;
  /** Boxes suppress those of their own class only; otherwise each box keeps its best class and suppresses all. */
  readonly isRegular: boolean;
  /** Without background. */
  readonly classCount: number;
  /** By how much encodings are larger than what they decode to. */
  readonly boxScales: { readonly y: number; readonly x: number; readonly height: number; readonly width: number };
  readonly scoreThreshold: number;
  /** Overlap above which the weaker of two boxes goes. */
  readonly overlapThreshold: number;
}

/**
 * @param model whose two outputs are box encodings [1, anchors, 4] and scores [1, anchors, classes + 1], background first
 */
export function appendDetectionPostProcess(model: TfliteModel, options: DetectionOptions): TfliteModel {
  const graph = mainGraph(model);
  const [boxes, scores] = graph.outputs.map((index) => graph.tensors[index]!);
  const anchorCount = options.centres.length / 4;
  if (
    boxes?.shape[1] !== anchorCount ||
    boxes.shape[2] !== 4 ||
    scores?.shape[1] !== anchorCount ||
    scores.shape[2] !== options.classCount + 1
  ) {
    throw new InputError(
      `Detection post-processing wants boxes [1, ${anchorCount}, 4] and scores [1, ${anchorCount}, ${options.classCount + 1}], and the graph gives [${boxes?.shape.join(', ')}] and [${scores?.shape.join(', ')}].`,
    );
  }
  const count = options.maxDetections;
  const plain = { type: 'FLOAT32', isVariable: false, hasRank: false, buffer: 0 } as const;
  const added: Tensor[] = [
    { ...plain, name: 'anchors', shape: [anchorCount, 4], buffer: model.buffers.length },
    { ...plain, name: postProcessOperator, shape: [1, count, 4] },
    { ...plain, name: `${postProcessOperator}:1`, shape: [1, count] },
    { ...plain, name: `${postProcessOperator}:2`, shape: [1, count] },
    { ...plain, name: `${postProcessOperator}:3`, shape: [1] },
  ];
  const first = graph.tensors.length;
  const outputs = [first + 1, first + 2, first + 3, first + 4];
  const operator = {
    ...plainOperator,
    opcodeIndex: model.operatorCodes.length,
    inputs: [...graph.outputs, first],
    outputs,
    customOptions: customOptions(options),
  };
  return {
    ...model,
    operatorCodes: [...model.operatorCodes, { builtin: 'CUSTOM', customCode: postProcessOperator, version: 1 }],
    buffers: [...model.buffers, new Uint8Array(options.centres.buffer)],
    subgraphs: [
      { ...graph, tensors: [...graph.tensors, ...added], operators: [...graph.operators, operator], outputs },
    ],
  };
}

/** Anchors [anchors, 4] as top, left, bottom, right -> centre y, centre x, height, width, as the operator wants them. */
export function anchorCentres(anchors: ConstantData): Float32Array {
  const centres = new Float32Array(anchors.length);
  for (let at = 0; at < anchors.length; at += 4) {
    const [top = 0, left = 0, bottom = 0, right = 0] = anchors.subarray(at, at + 4);
    centres.set([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left], at);
  }
  return centres;
}

/** Names and types as tensorflow/lite/kernels/detection_postprocess.cc reads them. */
function customOptions(options: DetectionOptions): Uint8Array {
  const { y, x, height, width } = options.boxScales;
  return encode({
    max_detections: options.maxDetections,
    max_classes_per_detection: 1,
    detections_per_class: options.detectionsPerClass,
    use_regular_nms: options.isRegular,
    nms_score_threshold: options.scoreThreshold,
    nms_iou_threshold: options.overlapThreshold,
    num_classes: options.classCount,
    y_scale: y,
    x_scale: x,
    h_scale: height,
    w_scale: width,
  });
}

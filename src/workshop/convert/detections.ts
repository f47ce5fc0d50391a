/** How a detector's raw outputs become boxes: with the anchors of its graph, or as the graph's own last node says. */
import { InputError } from '../../errors.ts';
import { postProcessOperator } from '../../models/tflite-file/post-process-options.ts';
import { anchorCentres, type DetectionOptions } from './detection-post-process.ts';
import type { ConstantData, Graph, Value } from './graph.ts';
import { flagOf, type GraphDef, type GraphNode, numberOf, referredNode } from './graph-def.ts';
import { knownValues } from './import-graph.ts';

export interface DetectionRequest {
  readonly maxDetections: number;
  /** Node that gives anchors [anchors, 4] as top, left, bottom, right. Absent: the only one that fits the boxes. */
  readonly anchors?: string | undefined;
}

/** @param graph whose outputs 0 and 1 are box encodings and scores with background */
export function requestedDetections(def: GraphDef, graph: Graph, request: DetectionRequest): DetectionOptions {
  const [boxes, scores] = graph.outputs;
  return {
    centres: anchorCentres(findAnchors(def, graph.inputs, boxes?.shape[1] ?? 0, request.anchors)),
    maxDetections: request.maxDetections,
    detectionsPerClass: 100,
    isRegular: true,
    classCount: (scores?.shape[2] ?? 0) - 1,
    // The encoding of TensorFlow's object detection models (FasterRcnnBoxCoder).
    boxScales: { y: 10, x: 10, height: 5, width: 5 },
    // As TensorFlow's own graph: boxes suppress those of their own class. Below this score nothing is worth the time.
    scoreThreshold: 0.01,
    overlapThreshold: 0.6,
  };
}

/** The node that export_tflite_ssd_graph.py ends a detector with, if the wanted outputs are its. */
export function ownPostProcess(def: GraphDef, outputs: readonly string[] | undefined): GraphNode | undefined {
  const wanted =
    outputs ??
    def.outputs ??
    [...def.nodes.values()].filter(({ op }) => op === postProcessOperator).map(({ name }) => name);
  const [node, ...others] = new Set(wanted.map((reference) => def.nodes.get(referredNode(reference))));
  return node?.op === postProcessOperator && others.length === 0 ? node : undefined;
}

/** Its anchors are centres and sizes already. @throws InputError when they aren't constant */
export function ownDetections(def: GraphDef, graph: Graph, node: GraphNode): DetectionOptions {
  const anchors = knownValues(def, graph.inputs).get(referredNode(node.inputs[2] ?? ''));
  if (anchors?.data === undefined) throw new InputError(`${def.source}: ${node.name} has no constant anchors.`);
  const number = (name: string, otherwise: number): number => numberOf(node, name, otherwise);
  return {
    centres: Float32Array.from(anchors.data),
    maxDetections: number('max_detections', 10),
    detectionsPerClass: number('detections_per_class', 100),
    isRegular: flagOf(node, 'use_regular_nms'),
    classCount: number('num_classes', (graph.outputs[1]?.shape[2] ?? 1) - 1),
    boxScales: {
      y: number('y_scale', 10),
      x: number('x_scale', 10),
      height: number('h_scale', 5),
      width: number('w_scale', 5),
    },
    scoreThreshold: number('nms_score_threshold', 0.01),
    overlapThreshold: number('nms_iou_threshold', 0.6),
  };
}

function findAnchors(def: GraphDef, inputs: readonly Value[], count: number, name: string | undefined): ConstantData {
  const fits = ({ shape }: Pick<Value, 'shape'>) =>
    shape.at(-1) === 4 && shape.at(-2) === count && shape.slice(0, -2).every((size) => size === 1);
  // Anchors that the graph works out from the sizes of its features are constants too.
  const known = knownValues(def, inputs);
  const candidates = [...known].filter(([own, value]) => (name === undefined ? fits(value) : own === name));
  const [found] = candidates;
  if (found === undefined || !fits(found[1])) {
    throw new InputError(`${def.source} has no anchors [${count}, 4]${name === undefined ? '' : ` named ${name}`}.`);
  }
  const others = candidates.filter(([, { data }]) => !sameNumbers(data!, found[1].data!));
  if (others.length > 0) {
    const names = [found, ...others].map(([own]) => own).join(', ');
    throw new InputError(`${def.source} has several constants [${count}, 4]: ${names}.`, {
      remedy: 'Name the anchors with --anchors.',
    });
  }
  return found[1].data!;
}

const sameNumbers = (a: ConstantData, b: ConstantData): boolean =>
  a.length === b.length && a.every((value, at) => value === b[at]);

/** Ranges -> how every value of a graph is stored in 8 bits. */
import type { Storage, Stored } from '../emit-model.ts';
import { type Graph, hasWeights, isConstant, type Node, type Value } from '../graph.ts';
import type { Calibration } from './calibrate.ts';
import type { Range } from './ranges.ts';
import { activationScales, constantScale, type Scale } from './scales.ts';
import { quantizeWeights, type StoredWeights } from './weights.ts';

export interface QuantizeOptions {
  readonly ranges: ReadonlyMap<Value, Range>;
  /** Absent: biases aren't corrected. */
  readonly means?: Calibration['means'];
  /** Real values of a pixel of 0 and of 255. */
  readonly inputRange: Range;
  readonly inputType: 'UINT8' | 'INT8' | 'FLOAT32';
}

export interface QuantizedStorage extends Storage {
  /** Scale of an activation. */
  scaleOf(value: Value): Scale;
  /** Near-dead channels whose scale was raised, over all layers. */
  readonly raisedChannels: number;
}

/** @throws InputError when a bias or a scale can't be stored */
export function quantizeGraph(graph: Graph, options: QuantizeOptions): QuantizedStorage {
  const { ranges, means, inputRange, inputType } = options;
  const scales = activationScales(graph, ranges, inputRange);
  const scaleOf = (value: Value): Scale => scales.get(value) ?? constantScale(value);
  const weights = new Map<Node, StoredWeights>();
  for (const node of graph.nodes) {
    if (!hasWeights(node)) continue;
    const [input] = node.inputs;
    const scaled = {
      input: scaleOf(input!),
      output: scaleOf(node.output),
      inputMeans: node.kind === 'transposedConvolution' ? undefined : means?.get(input!),
    };
    weights.set(node, quantizeWeights(node, scaled));
  }
  return {
    isQuantized: true,
    floatOutputs: true,
    inputType: inputType === 'INT8' ? undefined : inputType,
    scaleOf,
    needsFloat,
    raisedChannels: [...weights.values()].reduce((sum, { raisedChannels }) => sum + raisedChannels, 0),
    stored: (value, node) => {
      const own = node === undefined ? undefined : weights.get(node);
      if (own !== undefined && value === node!.inputs[1]) return own.filter;
      if (own !== undefined && value === node!.inputs[2]) return own.bias;
      if (value.data instanceof Int32Array) return plainIntegers(value.data);
      return storedActivation(value, scaleOf(value));
    },
  };
}

function plainIntegers(data: Int32Array): Stored {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { type: 'INT32', scale: [], zeroPoint: [], dimension: 0, data: bytes };
}

function storedActivation(value: Value, { scale, zeroPoint }: Scale): Stored {
  const stored: Stored = { type: 'INT8', scale: [scale], zeroPoint: [zeroPoint], dimension: 0 };
  if (!isConstant(value)) return stored;
  const steps = Int8Array.from(value.data, (number) =>
    Math.min(127, Math.max(-128, Math.round(number / scale) + zeroPoint)),
  );
  return { ...stored, data: new Uint8Array(steps.buffer) };
}

/** Operations of TensorFlow Lite 2.9 that have int8 kernels. */
const quantizedUnary = new Set(['LOGISTIC', 'TANH', 'ABS', 'RSQRT', 'ELU', 'HARD_SWISH']);

function needsFloat(node: Node): boolean {
  if (node.kind === 'binary') return node.operation === 'DIV';
  return node.kind === 'unary' && !quantizedUnary.has(node.operation);
}

/** The converter's own graph: float values with known shapes, and the few kinds of node that all sources come down to. */

export type ConstantData = Float32Array | Int32Array;

/** What flows between nodes. Two values are the same only when they are the same object. */
export interface Value {
  readonly name: string;
  /** Whole and known: a batch of unknown size counts as 1. Pictures are [batch, height, width, channels]. */
  readonly shape: readonly number[];
  /** Row-major; present for constants only. */
  readonly data?: ConstantData;
}

export interface Constant extends Value {
  readonly data: ConstantData;
}

export type Padding = 'SAME' | 'VALID';
/** What TensorFlow Lite can do to a result in the same operator. */
export type FusedActivation = 'NONE' | 'RELU' | 'RELU6' | 'RELU_N1_TO_1';

/** How a filter or pool moves over a picture. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padding: Padding;
}

export const binaryOperations = ['ADD', 'SUB', 'MUL', 'DIV', 'MAXIMUM', 'MINIMUM'] as const;
export type BinaryOperation = (typeof binaryOperations)[number];
export const unaryOperations = [
  'LOGISTIC',
  'TANH',
  'EXP',
  'LOG',
  'ABS',
  'NEG',
  'SQRT',
  'RSQRT',
  'SQUARE',
  'ELU',
  'HARD_SWISH',
] as const;
export type UnaryOperation = (typeof unaryOperations)[number];

interface Common {
  /** As the source names it: error messages and tensors of the written file use it. */
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly output: Value;
}

/** Inputs: picture, filter [out, height, width, in], bias (optional). */
export interface Convolution extends Common {
  readonly kind: 'convolution';
  readonly window: Window;
  readonly activation: FusedActivation;
}

/** Inputs: picture, filter [1, height, width, out] with out = in * multiplier, bias (optional). */
export interface Depthwise extends Common {
  readonly kind: 'depthwise';
  readonly window: Window;
  readonly activation: FusedActivation;
}

/** Inputs: picture, filter [out, height, width, in], bias (optional). The output's shape says how far the picture grows. */
export interface TransposedConvolution extends Common {
  readonly kind: 'transposedConvolution';
  readonly window: Window;
}

/** Inputs: rows [batch, ..., in], weights [out, in], bias (optional). */
export interface Dense extends Common {
  readonly kind: 'dense';
  readonly activation: FusedActivation;
}

export interface Binary extends Common {
  readonly kind: 'binary';
  readonly operation: BinaryOperation;
  readonly activation: FusedActivation;
}

export interface Unary extends Common {
  readonly kind: 'unary';
  readonly operation: UnaryOperation;
}

/** min(max(x, low), high): every ReLU is one. */
export interface Clamp extends Common {
  readonly kind: 'clamp';
  readonly low: number;
  readonly high: number;
}

export interface LeakyRelu extends Common {
  readonly kind: 'leakyRelu';
  readonly alpha: number;
}

export interface Softmax extends Common {
  readonly kind: 'softmax';
}

export interface Pool extends Common {
  readonly kind: 'pool';
  readonly operation: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D';
  readonly window: Window;
  readonly activation: FusedActivation;
}

export interface Mean extends Common {
  readonly kind: 'mean';
  /** Not negative, ascending. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** To the output's shape. */
export interface Reshape extends Common {
  readonly kind: 'reshape';
}

export interface Transpose extends Common {
  readonly kind: 'transpose';
  readonly order: readonly number[];
}

export interface Concatenation extends Common {
  readonly kind: 'concatenation';
  readonly axis: number;
}

export interface Pad extends Common {
  readonly kind: 'pad';
  /** Zeros before and behind, by dimension. */
  readonly margins: readonly (readonly [number, number])[];
}

/** Values around a picture that are mirrored in it, with or without the outermost once more. */
export interface MirrorPad extends Common {
  readonly kind: 'mirrorPad';
  readonly mode: 'REFLECT' | 'SYMMETRIC';
  readonly margins: readonly (readonly [number, number])[];
}

/** Every n-th row and column to a picture of its own in the batch. */
export interface SpaceToBatch extends Common {
  readonly kind: 'spaceToBatch';
  /** Of rows and of columns. */
  readonly block: readonly [number, number];
  /** Zeros before and behind, of rows and of columns. */
  readonly edges: readonly [readonly [number, number], readonly [number, number]];
}

/** Back again; `edges` is what is cut off. */
export interface BatchToSpace extends Common {
  readonly kind: 'batchToSpace';
  readonly block: readonly [number, number];
  readonly edges: readonly [readonly [number, number], readonly [number, number]];
}

/** Between channels and blocks of rows and columns. */
export interface DepthBlocks extends Common {
  readonly kind: 'depthToSpace' | 'spaceToDepth';
  readonly block: number;
}

/** The largest or smallest over axes, which keep a size of 1. */
export interface Extreme extends Common {
  readonly kind: 'extreme';
  readonly operation: 'REDUCE_MAX' | 'REDUCE_MIN';
  readonly axes: readonly number[];
}

export interface Slice extends Common {
  readonly kind: 'slice';
  readonly begin: readonly number[];
  /** From one element taken to the next, by dimension; negative ones go backwards. Absent: 1. */
  readonly steps?: readonly number[];
}

export interface Resize extends Common {
  readonly kind: 'resize';
  readonly method: 'RESIZE_BILINEAR' | 'RESIZE_NEAREST_NEIGHBOR';
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

export type Node =
  | Convolution
  | Depthwise
  | TransposedConvolution
  | Dense
  | Binary
  | Unary
  | Clamp
  | LeakyRelu
  | Softmax
  | Pool
  | Mean
  | Reshape
  | Transpose
  | Concatenation
  | Pad
  | MirrorPad
  | SpaceToBatch
  | BatchToSpace
  | DepthBlocks
  | Extreme
  | Slice
  | Resize;

export type NodeOf<Kind extends Node['kind']> = Node extends infer N
  ? N extends { readonly kind: infer Own }
    ? Kind extends Own
      ? N
      : never
    : never
  : never;

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Nodes stand in an order in which each comes behind those it needs. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** What the outputs are called, whichever node makes them in the end. */
  readonly outputNames: readonly string[];
  readonly nodes: readonly Node[];
  /** What the source itself says about its picture: real values of a pixel of 0 and of 255. */
  readonly inputRange?: { readonly range: Bounds; readonly origin: string };
  /** Ranges that the source was trained to keep to in 8 bits. */
  readonly ranges?: ReadonlyMap<Value, Bounds>;
}

export function isConstant(value: Value | undefined): value is Constant {
  return value?.data !== undefined;
}

/** Nodes with weights: filter or matrix at input 1, bias at input 2. */
export function hasWeights(node: Node): node is Convolution | Depthwise | TransposedConvolution | Dense {
  return ['convolution', 'depthwise', 'transposedConvolution', 'dense'].includes(node.kind);
}

/** Which node makes a value. */
export function producers(graph: Graph): ReadonlyMap<Value, Node> {
  return new Map(graph.nodes.map((node) => [node.output, node]));
}

/** How often a value is used, as an input of nodes or as an output of the graph. */
export function useCounts(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  const used = [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs];
  for (const value of used) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/**
 * Memory that TensorFlow Lite's interpreter plans for the tensors that flow through a graph: the greedy-by-size planner of
 * tensorflow/lite/arena_planner.cc. Scratch memory of kernels and what a delegate keeps for itself come on top.
 */
import { absentTensor } from '../../models/tflite-file/check-indices.ts';
import type { SubGraph, Tensor } from '../../models/tflite-file/schema.ts';
import { constantBytes, elementCount, mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';

/** kDefaultTensorAlignment of arena_planner.h. */
const alignmentBytes = 64;

const elementBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  INT8: 1,
  UINT8: 1,
  INT16: 2,
  FLOAT16: 2,
  INT32: 4,
  UINT32: 4,
  FLOAT32: 4,
  INT64: 8,
  FLOAT64: 8,
};

interface Block {
  readonly bytes: number;
  /** Positions of the first and last operator that need it; -1 and the operator count stand for before and after. */
  readonly from: number;
  readonly to: number;
}

/** Bytes of the arena for the first graph. Shapes must be known; an unknown type counts as 4 bytes an element. */
export function plannedArenaBytes(model: TfliteModel): number {
  const graph = mainGraph(model);
  const blocks = lifetimes(graph, (tensor) => constantBytes(model, tensor).length > 0);
  const sorted = blocks.toSorted((a, b) => b.bytes - a.bytes || a.from - b.from);
  const placed: { block: Block; offset: number }[] = [];
  for (const block of sorted) {
    const rivals = placed
      .filter(({ block: other }) => other.from <= block.to && block.from <= other.to)
      .toSorted((a, b) => a.offset - b.offset);
    let offset = 0;
    let best: { offset: number; gap: number } | undefined;
    for (const rival of rivals) {
      const gap = rival.offset - offset;
      if (gap >= block.bytes && (best === undefined || gap < best.gap)) best = { offset, gap };
      offset = Math.max(offset, aligned(rival.offset + rival.block.bytes));
    }
    placed.push({ block, offset: best?.offset ?? offset });
  }
  return placed.reduce((most, { block, offset }) => Math.max(most, offset + block.bytes), 0);
}

/** Inputs, outputs and variables stay for the whole run; the others from the operator that makes them to their last reader. */
function lifetimes(graph: SubGraph, isConstant: (tensor: Tensor) => boolean): Block[] {
  const last = graph.operators.length;
  const spans = new Map<number, { from: number; to: number }>();
  const touch = (index: number, at: number): void => {
    if (index === absentTensor || isConstant(graph.tensors[index]!)) return;
    const span = spans.get(index);
    spans.set(index, { from: Math.min(span?.from ?? at, at), to: Math.max(span?.to ?? at, at) });
  };
  graph.operators.forEach(({ inputs, outputs }, at) => {
    for (const index of [...inputs, ...outputs]) touch(index, at);
  });
  for (const index of graph.inputs) for (const at of [-1, last]) touch(index, at);
  for (const index of graph.outputs) touch(index, last);
  for (const [index, tensor] of graph.tensors.entries()) {
    if (tensor.isVariable) for (const at of [-1, last]) touch(index, at);
  }
  return [...spans].map(([index, span]) => ({ ...span, bytes: bytesOf(graph.tensors[index]!) }));
}

function bytesOf({ shape, type }: Tensor): number {
  return elementCount(shape.map(Math.abs)) * (elementBytes[type] ?? 4);
}

const aligned = (offset: number): number => Math.ceil(offset / alignmentBytes) * alignmentBytes;

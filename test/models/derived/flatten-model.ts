/** What Keras writes for Flatten: the shape of the picture is asked for at run time, and its first number put before -1 or a count. */
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { GraphBuilder } from '../graph-builder.ts';

export interface FlattenOptions {
  /** Where the shape is asked of: the picture, or what an operator made of it. */
  readonly before?: 'NEG' | 'WHERE';
  /** The second number of the new shape. */
  readonly columns?: number;
  /** Whether the shape is an output of the graph too. */
  readonly givesShape?: boolean;
}

/** [1,2,2,3] -> 12 numbers -> two probabilities. */
export function flattenModel({ before, columns = 12, givesShape = false }: FlattenOptions = {}): TfliteModel {
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 2, 2, 3]);
  const int = (values: readonly number[], shape = [values.length]) => graph.constant(shape, values, { type: 'INT32' });
  let asked = picture;
  if (before === 'NEG') {
    asked = graph.tensor([1, 2, 2, 3]);
    graph.operator('NEG', [picture], [asked]);
  } else if (before === 'WHERE') {
    asked = graph.tensor([1, 4], { type: 'INT64' });
    graph.operator('WHERE', [picture], [asked]);
  }
  const shape = graph.tensor([before === 'WHERE' ? 2 : 4], { type: 'INT32' });
  graph.operator('SHAPE', [asked], [shape], { options: { table: 'ShapeOptions', outType: 'INT32' } });
  const rows = graph.tensor([], { type: 'INT32' });
  graph.operator('STRIDED_SLICE', [shape, int([0]), int([1]), int([1])], [rows], {
    options: {
      table: 'StridedSliceOptions',
      beginMask: 0,
      endMask: 0,
      ellipsisMask: 0,
      newAxisMask: 0,
      shrinkAxisMask: 1,
      offset: false,
    },
  });
  const size = graph.tensor([2], { type: 'INT32' });
  graph.operator('PACK', [rows, int([columns], [])], [size], {
    options: { table: 'PackOptions', valuesCount: 2, axis: 0 },
  });
  const row = graph.tensor([1, 12]);
  graph.operator('RESHAPE', [before === 'NEG' ? asked : picture, size], [row]);
  const weights = graph.constant(
    [2, 12],
    Array.from({ length: 24 }, (_, at) => ((at * 7) % 5) / 5 - 0.4),
  );
  const logits = graph.tensor([1, 2]);
  graph.operator('FULLY_CONNECTED', [row, weights, graph.constant([2], [0.1, -0.1])], [logits]);
  const scores = graph.tensor([1, 2]);
  graph.operator('SOFTMAX', [logits], [scores], { options: { table: 'SoftmaxOptions', beta: 1 } });
  return graph.model([picture], givesShape ? [scores, rows] : [scores]);
}

/** Draws a model's first graph in Graphviz's language: `dot -Tsvg` makes a picture of it. */
import { absentTensor } from './check-indices.ts';
import type { Tensor } from './schema.ts';
import { constantBytes, elementCount, mainGraph, operatorName, type TfliteModel } from './tflite-model.ts';

/** Operators are boxes, activations edges with their shape and type; constants are named inside their operator. */
export function graphDrawing(model: TfliteModel, title: string): string {
  const graph = mainGraph(model);
  const tensorAt = (index: number): Tensor => graph.tensors[index]!;
  const maker = new Map<number, string>(graph.inputs.map((index) => [index, `input${index}`]));
  for (const [at, { outputs }] of graph.operators.entries()) {
    for (const index of outputs) maker.set(index, `op${at}`);
  }
  const lines = [`digraph ${quoted(title)} {`, '  node [shape=box, fontname="sans-serif", fontsize=10];'];
  lines.push('  edge [fontname="sans-serif", fontsize=8];');
  const terminal = (id: string, index: number) =>
    `  ${id} [shape=oval, label=${quoted(`${tensorAt(index).name ?? ''}\n${shapeAndType(tensorAt(index))}`)}];`;
  for (const index of graph.inputs) lines.push(terminal(`input${index}`, index));
  for (const [at, operator] of graph.operators.entries()) {
    const constants = operator.inputs
      .filter((index) => index !== absentTensor && constantBytes(model, tensorAt(index)).length > 0)
      .map((index) => shapeAndType(tensorAt(index)));
    lines.push(`  op${at} [label=${quoted([`${at} ${operatorName(model, operator)}`, ...constants].join('\n'))}];`);
    for (const index of operator.inputs) {
      const from = maker.get(index);
      if (from !== undefined) lines.push(`  ${from} -> op${at} [label=${quoted(shapeAndType(tensorAt(index)))}];`);
    }
  }
  for (const index of graph.outputs) {
    lines.push(terminal(`output${index}`, index));
    if (maker.has(index)) lines.push(`  ${maker.get(index)} -> output${index};`);
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

function shapeAndType({ shape, type }: Tensor): string {
  return `${shape.join('x') || 'scalar'} ${type.toLowerCase()}${elementCount(shape) === 0 ? ' (empty)' : ''}`;
}

/** A string of Graphviz's language; line breaks stay. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** What `goby convert` prints at its end: operators, cost, tensors, and where 8 bits hurt most. */

import { modelCost } from '../../models/tflite-file/operator-cost.ts';
import { quantizationText } from '../../models/tflite-file/quantization-text.ts';
import { mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { table } from '../../terminal/table.ts';
import type { Conversion } from './convert-graph.ts';
import { relativeError } from './quantization-report.ts';
import type { LayerAgreement } from './quantize/compare-with-float.ts';
import type { OutputAgreement } from './quantize/output-agreement.ts';

/** How many of the layers that stray most are listed. */
const worstLayers = 5;

export function summary(model: TfliteModel, bytes: number, layers: readonly LayerAgreement[]): string {
  const cost = modelCost(model);
  const counts = new Map<string, number>();
  for (const { name } of cost.operators) counts.set(name, (counts.get(name) ?? 0) + 1);
  const graph = mainGraph(model);
  const tensorRows = [
    ...graph.inputs.map((index) => ({ role: 'input', index })),
    ...graph.outputs.map((index) => ({ role: 'output', index })),
  ].map(({ role, index }) => {
    const tensor = graph.tensors[index]!;
    return [role, tensor.name ?? '', tensor.shape.join('x'), tensor.type.toLowerCase(), quantizationText(tensor)];
  });
  const parts = [
    table(
      ['operator', 'count'],
      [...counts].sort((a, b) => b[1] - a[1]),
    ),
    table(['tensor', 'name', 'shape', 'type', 'real value'], tensorRows),
    [
      `operators   ${cost.operators.length}`,
      `MACs        ${(cost.macs / 1e6).toFixed(1)} million`,
      `parameters  ${cost.parameters.toLocaleString('en')}`,
      `size        ${bytes.toLocaleString('en')} bytes`,
    ].join('\n'),
  ];
  if (layers.length > 0) parts.push(`Layers that stray most from float:\n${layerTable(worstOf(layers))}`);
  return parts.join('\n\n');
}

/** How well each output agrees with float. */
export function outputTable(outputs: readonly OutputAgreement[]): string {
  const rows = outputs.map(({ output, kind, sameFirst, probabilityError, noise, cosine }) => [
    output,
    kind,
    sameFirst === undefined ? '-' : percent(sameFirst),
    probabilityError === undefined ? '-' : probabilityError.toFixed(4),
    percent(noise),
    cosine.toFixed(4),
  ]);
  return table(['output', 'kind', 'same first answer', 'probability error', 'noise', 'cosine'], rows);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What a pixel is for the source. */
export function inputLine({ source }: Pick<Conversion, 'source'>): string {
  return `pixels      0..255 are ${short(source.range.low)}..${short(source.range.high)} (${source.origin})`;
}

function worstOf(layers: readonly LayerAgreement[]): LayerAgreement[] {
  return layers.toSorted((a, b) => relativeError(b) - relativeError(a)).slice(0, worstLayers);
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

function layerTable(layers: readonly LayerAgreement[]): string {
  const rows = layers.map((layer) => [
    layer.name,
    layer.kind,
    `${short(layer.low)} to ${short(layer.high)}`,
    short(layer.meanError),
    short(layer.maxError),
    `${(100 * relativeError(layer)).toFixed(2)} %`,
  ]);
  return table(['layer', 'operator', 'range', 'mean error', 'largest error', 'mean of range'], rows);
}

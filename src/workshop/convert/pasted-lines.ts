/** The options of tflite_convert, toco and TensorFlow's graph tools, in the words of `goby convert`. */
import type { Dialect, GivenOption } from '../../terminal/pasted-options.ts';

const types = {
  FLOAT: 'float',
  FLOAT32: 'float',
  QUANTIZED_UINT8: 'quantized',
  QUANTIZED_INT8: 'quantized',
  UINT8: 'quantized',
  INT8: 'quantized',
} as const;

const inputTypes = {
  FLOAT: 'float',
  FLOAT32: 'float',
  QUANTIZED_UINT8: 'uint8',
  UINT8: 'uint8',
  QUANTIZED_INT8: 'int8',
  INT8: 'int8',
} as const;

export const tensorflowConvert: Dialect = {
  names: {
    'graph-def-file': 'graph',
    'input-file': 'graph',
    'saved-model-dir': 'graph',
    'saved-model-directory': 'graph',
    'keras-model-file': 'graph',
    'in-graph': 'graph',
    'input-graph': 'graph',
    input: 'graph',
    'output-file': 'output',
    'out-graph': 'output',
    'output-graph': 'output',
    'input-array': 'input-arrays',
    'input-names': 'input-arrays',
    inputs: 'input-arrays',
    'output-array': 'output-arrays',
    'output-names': 'output-arrays',
    'output-node-names': 'output-arrays',
    outputs: 'output-arrays',
    'input-shape': 'input-shapes',
    'saved-model-signature-key': 'signature',
    // Two of theirs are one of goby's.
    'mean-value': 'mean-values',
    'mean-values': 'mean-values',
    'std-value': 'std-dev-values',
    'std-values': 'std-dev-values',
    'std-dev-values': 'std-dev-values',
    // Quantizing weights only: goby quantizes both, and floats go in and out.
    'post-training-quantize': 'post-training-quantize',
    'quantize-weights': 'post-training-quantize',
  },
  values: {
    'inference-type': types,
    'inference-input-type': inputTypes,
    'output-format': { TFLITE: 'tflite', GRAPHVIZ_DOT: 'graphviz' },
  },
  ignored: {
    'allow-custom-ops': 'flag',
    'allow-nudging-weights-to-use-fast-gemm-kernel': 'flag',
    'change-concat-input-ranges': 'flag',
    'conversion-summary-dir': 'value',
    'custom-opdefs': 'value',
    'default-ranges-max': 'value',
    'default-ranges-min': 'value',
    'default-ranges-stats': 'value',
    'drop-control-dependency': 'flag',
    'drop-fake-quant': 'flag',
    'dump-graphviz-dir': 'value',
    'dump-graphviz': 'value',
    'dump-graphviz-video': 'flag',
    'enable-v1-converter': 'flag',
    'experimental-new-converter': 'flag',
    'experimental-new-quantizer': 'flag',
    'experimental-select-user-tf-ops': 'value',
    'inference-output-type': 'value',
    'input-binary': 'flag',
    'input-data-type': 'value',
    'input-data-types': 'value',
    'input-type': 'value',
    'input-types': 'value',
    'input-format': 'value',
    mode: 'value',
    'placeholder-type-enum': 'value',
    'quantize-to-float16': 'flag',
    'reorder-across-fake-quant': 'flag',
    'saved-model-tag-set': 'value',
    'target-ops': 'value',
    toco: 'value',
    transforms: 'value',
  },
  finish: (options) => ranges(quantizedWeights(options)),
};

/** real = (pixel - mean) / std. */
function ranges(options: readonly GivenOption[]): readonly GivenOption[] {
  const last = (name: string) => options.findLast((option) => option.name === name)?.value;
  const [mean, deviation] = [last('mean-values'), last('std-dev-values')].map((text) => Number(text?.split(',')[0]));
  const others = options.filter(({ name }) => name !== 'mean-values' && name !== 'std-dev-values');
  if (!Number.isFinite(mean) || !Number.isFinite(deviation) || deviation === 0) return others;
  const real = (pixel: number) => (pixel - mean!) / deviation!;
  return [...others, { name: 'input-range', value: `${real(0)},${real(255)}` }];
}

function quantizedWeights(options: readonly GivenOption[]): readonly GivenOption[] {
  const asked = options.filter(({ name }) => name === 'post-training-quantize');
  const others = options.filter(({ name }) => name !== 'post-training-quantize');
  if (!asked.some(({ value }) => !/^(false|0)$/i.test(value ?? ''))) return others;
  const plain = others.filter(({ name }) => name !== 'inference-type');
  return [...plain, { name: 'inference-type', value: 'quantized' }, { name: 'inference-input-type', value: 'float' }];
}

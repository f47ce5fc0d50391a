/** The options of retrain.py, in the words of `goby train`. */
import type { Dialect } from '../../terminal/pasted-options.ts';

export const retrain: Dialect = {
  names: { 'tfhub-module': 'architecture' },
  ignored: {
    'bottleneck-dir': 'value',
    'checkpoint-path': 'value',
    'final-tensor-name': 'value',
    'intermediate-output-graphs-dir': 'value',
    'intermediate-store-frequency': 'value',
    'logging-verbosity': 'value',
    'model-dir': 'value',
    'print-misclassified-test-images': 'flag',
    'saved-model-dir': 'value',
    'summaries-dir': 'value',
    'test-batch-size': 'value',
  },
  finish: (options) =>
    options.map((option) =>
      option.name === 'architecture' && option.value !== undefined
        ? { ...option, value: architectureOf(option.value) }
        : option,
    ),
};

/** `https://tfhub.dev/google/imagenet/mobilenet_v1_050_192/feature_vector/1` is mobilenet_0.50_192. */
function architectureOf(name: string): string {
  const [, version, width, side] = /tfhub\.dev\/.*mobilenet_v(\d)_(\d{3})_(\d+)/.exec(name) ?? [];
  if (version === undefined) return name;
  const share = (Number(width) / 100).toFixed(2).replace(/0$/, '');
  return version === '1' ? `mobilenet_${share}_${side}` : `mobilenet_v${version}_${share}_${side}`;
}

/** The options of TensorFlow's label_image.py, in the words of `goby classify`. */
import type { Dialect } from '../../terminal/pasted-options.ts';

export const labelImage: Dialect = {
  names: { graph: 'model', 'model-file': 'model', 'label-file': 'labels', image: 'image' },
  ignored: {
    // The model says them itself.
    'input-height': 'value',
    'input-layer': 'value',
    'input-mean': 'value',
    'input-std': 'value',
    'input-width': 'value',
    'output-layer': 'value',
    'num-threads': 'value',
  },
  // Photos are arguments, not options.
  finish: (options) =>
    options.map((option) => (option.name === 'image' && option.value !== undefined ? { value: option.value } : option)),
};

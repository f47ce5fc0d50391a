/** The options of TensorFlow's label_image.py, in the words of `goby classify`. */
import { existsSync } from 'node:fs';
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
  finish: (options) =>
    options.map((option) => {
      const { name, value } = option;
      if (value === undefined) return option;
      // Photos are arguments, not options.
      if (name === 'image') return { value };
      return name === 'model' ? { name, value: trainedInstead(value) } : option;
    }),
};

/** `retrained_graph.pb` is `retrained_graph.tflite` where goby train wrote it. */
function trainedInstead(path: string): string {
  const written = path.replace(/\.pb$/, '.tflite');
  return !existsSync(path) && existsSync(written) ? written : path;
}

/** Puts labels into a .tflite file the way TensorFlow Lite's metadata has associated files. */
import { packFiles } from '../../models/tflite-file/associated-files.ts';

export const labelFileName = 'labels.txt';

export function withLabels(model: Uint8Array, labels: readonly string[]): Uint8Array {
  return packFiles(model, [{ name: labelFileName, bytes: Buffer.from(`${labels.join('\n')}\n`) }]);
}

/** Names of architectures, as TensorFlow's retrain.py and goby's catalog spell them, and the files that can be their base. */

/** From the best base to the last resort; int8 with scales per channel runs several times faster than legacy uint8. */
const known: Readonly<Record<string, readonly string[]>> = {
  'mobilenet_v1_1.0_224': [
    'tf2_mobilenet_v1_1.0_224_ptq',
    'mobilenet_v1_1.0_224_quant_embedding_extractor',
    'mobilenet_v1_1.0_224_quant',
  ],
  'mobilenet_v2_1.0_224': ['tf2_mobilenet_v2_1.0_224_ptq', 'mobilenet_v2_1.0_224_quant'],
};

export const defaultArchitecture = 'mobilenet_v2_1.0_224';

/** Used where no ImageNet base can be had: the backbone of the detector that goby builds itself. */
export const backboneOfDetector = 'ssdlite-mobilenet-v2-coco';

/**
 * Catalog names to try, in order. `mobilenet_1.0_224` and `mobilenet_1.0_224_quantized`, as the article on retraining has them,
 * are MobileNet V1.
 */
export function basesOf(architecture: string): readonly string[] {
  const name = architecture.replace(/_quantized$/, '').replace(/^mobilenet_(?=\d)/, 'mobilenet_v1_');
  const width = name.replace(/^(mobilenet_v[12])_(\d)(?:\.0+)?_/, '$1_$2.0_').replace(/_0\.50_/, '_0.5_');
  return known[width] ?? (/_quant$|_ptq$|_extractor$/.test(name) ? [name] : [`${width}_quant`, name]);
}

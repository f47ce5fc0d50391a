/** Names of architectures, as TensorFlow's retrain.py and goby's catalog spell them, and the files that can be their base. */

import { baseNetworks } from '../../models/base-networks.ts';

/** From the best base to the last resort; int8 with scales per channel keeps more of the float network than legacy uint8. */
const known: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  baseNetworks.filter(({ files }) => files.length > 1).map(({ name, files }) => [name, files]),
);

export const defaultArchitecture = 'mobilenet_v2_1.0_224';

/** Used where no ImageNet base can be had: the backbone of the detector that goby builds itself. */
export const backboneOfDetector = 'ssdlite-mobilenet-v2-coco';

export interface MobileNet {
  readonly version: 1 | 2;
  /** As file names have it: `1.0`, `0.75`, `0.5`. */
  readonly width: string;
  readonly resolutionPx: number;
}

/** What the makers published: all sixteen of V1, and V2 (slim/nets/mobilenet_v1.md and mobilenet/README.md). */
const published: Readonly<
  Record<1 | 2, { readonly widths: readonly string[]; readonly resolutions: readonly number[] }>
> = {
  1: { widths: ['1.0', '0.75', '0.5', '0.25'], resolutions: [224, 192, 160, 128] },
  2: { widths: ['1.4', '1.3', '1.0', '0.75', '0.5', '0.35'], resolutions: [224, 192, 160, 128, 96] },
};

/**
 * `mobilenet_0.50_192`, `mobilenet_1.0_224_quantized`, as the article on retraining has them, are MobileNet V1.
 * @returns undefined for what is no name of a published MobileNet
 */
export function mobileNetOf(architecture: string): MobileNet | undefined {
  const found = /^mobilenet_(?:v([12])_)?(\d(?:\.\d+)?)_(\d{2,3})(?:_quant(?:ized)?)?$/.exec(architecture);
  if (found === null) return undefined;
  const [, versionText = '1', widthText = '', resolutionText] = found;
  const version = versionText === '2' ? 2 : 1;
  const width = published[version].widths.find((one) => Number(one) === Number(widthText));
  const resolutionPx = Number(resolutionText);
  if (width === undefined || !published[version].resolutions.includes(resolutionPx)) return undefined;
  return { version, width, resolutionPx };
}

export const nameOf = ({ version, width, resolutionPx }: MobileNet): string =>
  `mobilenet_v${version}_${width}_${resolutionPx}`;

/** Catalog names to try, in order. */
export function basesOf(architecture: string): readonly string[] {
  const mobileNet = mobileNetOf(architecture);
  if (mobileNet === undefined) return [architecture];
  const name = nameOf(mobileNet);
  const named = /_quant$/.test(architecture) ? [architecture.replace(/^mobilenet_(?=\d)/, 'mobilenet_v1_')] : [];
  return [...new Set([...named, ...(known[name] ?? [`${name}_quant`, name])])];
}

/** The same network at other resolutions, the nearest first: its weights fit any picture. */
export function otherResolutions(mobileNet: MobileNet): readonly MobileNet[] {
  const { version, resolutionPx: wanted } = mobileNet;
  return published[version].resolutions
    .filter((resolutionPx) => resolutionPx !== wanted)
    .toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || b - a)
    .map((resolutionPx) => ({ ...mobileNet, resolutionPx }));
}

/**
 * Which file to supply, and where its makers have it: the hosted models of TensorFlow Lite (tensorflow/tensorflow,
 * lite/g3doc/guide/hosted_models.md), and for V2 besides 1.0 at 224 the checkpoints of slim (tensorflow/models, nets/mobilenet/README.md).
 */
export function whereFrom(mobileNet: MobileNet): string {
  const name = nameOf(mobileNet);
  if (mobileNet.version === 1) {
    return `Supply ${name}_quant.tflite, from https://storage.googleapis.com/download.tensorflow.org/models/mobilenet_v1_2018_08_02/${name}_quant.tgz, and name its path: --architecture ./${name}_quant.tflite.`;
  }
  if (name === defaultArchitecture) {
    return `Supply ${name}_quant.tflite, from https://storage.googleapis.com/download.tensorflow.org/models/tflite_11_05_08/${name}_quant.tgz, and name its path: --architecture ./${name}_quant.tflite.`;
  }
  return `Supply ${name}.tflite, from https://storage.googleapis.com/mobilenet_v2/checkpoints/${name}.tgz (float; its ${name}_frozen.pb becomes 8-bit by goby convert), and name its path: --architecture ./${name}.tflite.`;
}

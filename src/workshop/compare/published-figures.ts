/**
 * What the makers of MobileNet publish for ImageNet, to stand beside what is measured here.
 * V1: tensorflow/models, research/slim/nets/mobilenet_v1.md. V2: research/slim/nets/mobilenet/README.md, float only.
 */
import type { Architecture } from './architecture.ts';

export interface Accuracy {
  /** 0..1. */
  readonly top1: number;
  readonly top5: number;
}

export interface PublishedFigures {
  /** Multiply-accumulates, millions, rounded to whole millions by the publisher. */
  readonly millionMacs: number;
  /** Parameters of the classifier with 1,001 classes, millions. */
  readonly millionParameters: number;
  readonly float: Accuracy;
  /** Quantization-aware training, 8 bits. */
  readonly quantized?: Accuracy;
  readonly source: string;
  /** Where the published figure itself is doubted. */
  readonly doubt?: string;
}

type Row = readonly [resolutionPx: number, mmac: number, top1: number, top5: number, quant1?: number, quant5?: number];

interface Width {
  readonly width: number;
  readonly millionParameters: number;
  readonly rows: readonly Row[];
}

const sources = {
  1: 'tensorflow/models research/slim/nets/mobilenet_v1.md',
  2: 'tensorflow/models research/slim/nets/mobilenet/README.md',
} as const;

const widths: Readonly<Record<1 | 2, readonly Width[]>> = {
  1: [
    {
      width: 1,
      millionParameters: 4.24,
      rows: [
        [224, 569, 70.9, 89.9, 69.7, 89.5],
        [192, 418, 70.0, 89.2, 69.0, 88.9],
        [160, 291, 68.0, 87.7, 67.3, 87.7],
        [128, 186, 65.2, 85.8, 64.0, 85.5],
      ],
    },
    {
      width: 0.75,
      millionParameters: 2.59,
      rows: [
        [224, 317, 68.4, 88.2, 67.9, 88.1],
        [192, 233, 67.2, 87.3, 66.2, 87.1],
        [160, 162, 65.3, 86.0, 63.9, 85.5],
        [128, 104, 62.1, 83.9, 59.8, 82.8],
      ],
    },
    {
      width: 0.5,
      millionParameters: 1.34,
      rows: [
        [224, 150, 63.3, 84.9, 62.2, 84.5],
        [192, 110, 61.7, 83.6, 60.4, 83.2],
        [160, 77, 59.1, 81.9, 57.7, 81.3],
        [128, 49, 56.3, 79.4, 54.9, 78.9],
      ],
    },
    {
      width: 0.25,
      millionParameters: 0.47,
      rows: [
        [224, 41, 49.8, 74.2, 48.2, 73.8],
        [192, 34, 47.7, 72.3, 45.8, 71.9],
        [160, 21, 45.5, 70.3, 43.5, 69.1],
        [128, 14, 41.5, 66.3, 39.9, 65.8],
      ],
    },
  ],
  2: [
    { width: 1.4, millionParameters: 6.06, rows: [[224, 582, 75.0, 92.5]] },
    { width: 1.3, millionParameters: 5.34, rows: [[224, 509, 74.4, 92.1]] },
    {
      width: 1,
      millionParameters: 3.47,
      rows: [
        [224, 300, 71.8, 91.0],
        [192, 221, 70.7, 90.1],
        [160, 154, 68.8, 89.0],
        [128, 99, 65.3, 86.9],
        [96, 56, 60.3, 83.2],
      ],
    },
    {
      width: 0.75,
      millionParameters: 2.61,
      rows: [
        [224, 209, 69.8, 89.6],
        [192, 153, 68.7, 88.9],
        [160, 107, 66.4, 87.3],
        [128, 69, 63.2, 85.3],
        [96, 39, 58.8, 81.6],
      ],
    },
    {
      width: 0.5,
      millionParameters: 1.95,
      rows: [
        [224, 97, 65.4, 86.4],
        [192, 71, 63.9, 85.4],
        [160, 50, 61.0, 83.2],
        [128, 32, 57.7, 80.8],
        [96, 18, 51.2, 75.8],
      ],
    },
    {
      width: 0.35,
      millionParameters: 1.66,
      rows: [
        [224, 59, 60.3, 82.9],
        [192, 43, 58.2, 81.2],
        [160, 30, 55.7, 79.1],
        [128, 20, 50.8, 75.0],
        [96, 11, 45.5, 70.4],
      ],
    },
  ],
};

/** Undefined for a combination that nobody published. */
export function publishedFigures({ version, width, resolutionPx }: Architecture): PublishedFigures | undefined {
  const family = widths[version].find((one) => one.width === width);
  const row = family?.rows.find(([side]) => side === resolutionPx);
  if (family === undefined || row === undefined) return undefined;
  const [, millionMacs, top1, top5, quant1, quant5] = row;
  return {
    millionMacs,
    millionParameters: family.millionParameters,
    float: percent(top1, top5),
    ...(quant1 === undefined || quant5 === undefined ? {} : { quantized: percent(quant1, quant5) }),
    source: sources[version],
    ...doubtOf({ version, width, resolutionPx }),
  };
}

const percent = (top1: number, top5: number): Accuracy => ({ top1: top1 / 100, top5: top5 / 100 });

/** Figures that contradict another publication of the same makers, or the area of their own neighbours. */
function doubtOf({ version, width, resolutionPx }: Architecture): { doubt?: string } {
  const area = (resolutionPx / 224) ** 2;
  if (version === 1 && width === 0.75) {
    const paper = Math.round(325 * area);
    return {
      doubt: `the paper on MobileNets (arXiv 1704.04861, table 6) gives 325 million at 224 pixels, so ${paper} here`,
    };
  }
  if (version === 1 && width === 0.25 && resolutionPx === 192) {
    return { doubt: `probably a slip: the 41 million at 224 pixels are ${Math.round(41 * area)} million by area` };
  }
  return {};
}

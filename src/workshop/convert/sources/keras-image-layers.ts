/** Layers of Keras that prepare pictures: scaling, cropping, resizing; and those that vary pictures only while training. */
import type { LayerImporter, LayerWriter } from './layer-writer.ts';

const pair = (value: unknown, otherwise: number): [number, number] => {
  const [a = otherwise, b = a] = Array.isArray(value) ? value.map(Number) : [Number(value ?? otherwise)];
  return [a, b];
};

const integers = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
  shape,
  data: Int32Array.from(values),
});

/** One number for all channels, or a list by channel. */
function numbersOf(writer: LayerWriter, name: string, value: unknown): string {
  const list = Array.isArray(value) ? value.flat(4).map(Number) : [Number(value)];
  return writer.constant(name, { shape: list.length === 1 ? [] : [list.length], data: Float32Array.from(list) });
}

const rescaling: LayerImporter = (writer) => {
  const { scale = 1, offset = 0 } = writer.layer.config;
  const scaled = writer.add('Mul', [writer.inputs[0]!, numbersOf(writer, 'scale', scale)]);
  return writer.add('AddV2', [scaled, numbersOf(writer, 'offset', offset)]);
};

/** (x - mean) / max(sqrt(variance), 1e-7), from weights that were adapted to data, or as given. */
const normalization: LayerImporter = (writer) => {
  const { config } = writer.layer;
  const axes = [config['axis'] ?? -1].flat();
  if (axes.some((axis) => axis !== -1 && axis !== 3)) return { problem: `goes over the axes ${axes.join(', ')}` };
  const [mean, variance] = (['mean', 'variance'] as const).map((name) =>
    config[name] === undefined || config[name] === null ? writer.weight(name) : numbersOf(writer, name, config[name]),
  );
  if (mean === undefined || variance === undefined)
    return { problem: 'was never adapted: it has no mean and variance' };
  // Weights keep the dimensions of a batch; a row by channel is enough.
  const row = (reference: string, name: string) =>
    writer.add('Reshape', [reference, writer.constant(name, integers([-1]))]);
  const deviation = writer.add('Maximum', [
    writer.add('Sqrt', [row(variance, 'row2')]),
    writer.constant('epsilon', 1e-7),
  ]);
  const middle = row(mean, 'row1');
  if (config['invert'] === true)
    return writer.add('AddV2', [writer.add('Mul', [writer.inputs[0]!, deviation]), middle]);
  return writer.add('RealDiv', [writer.add('Sub', [writer.inputs[0]!, middle]), deviation]);
};

const zeroPadding: LayerImporter = (writer) => {
  const given = writer.layer.config['padding'];
  const [rows, columns] = Array.isArray(given) ? given : [given, given];
  const sides = [...pair(rows, 1), ...pair(columns, 1)];
  const isFirst = writer.layer.config['data_format'] === 'channels_first';
  const margins = isFirst ? [0, 0, 0, 0, ...sides] : [0, 0, ...sides, 0, 0];
  return writer.add('Pad', [writer.inputs[0]!, writer.constant('margins', integers(margins, [4, 2]))]);
};

const cropping: LayerImporter = (writer) => {
  const given = writer.layer.config['cropping'];
  const [rows, columns] = Array.isArray(given) ? given : [given, given];
  const [top, bottom] = pair(rows, 0);
  const [left, right] = pair(columns, 0);
  const end = (size: number) => (size === 0 ? 2 ** 31 - 1 : -size);
  return writer.add(
    'StridedSlice',
    [
      writer.inputs[0]!,
      writer.constant('from', integers([0, top, left, 0])),
      writer.constant('to', integers([0, end(bottom), end(right), 0])),
      writer.constant('steps', integers([1, 1, 1, 1])),
    ],
    { begin_mask: 9, end_mask: 9 },
  );
};

function resized(writer: LayerWriter, size: string, method: unknown): string | { problem: string } {
  if (method !== 'bilinear' && method !== 'nearest') return { problem: `resizes by ${String(method)}` };
  const op = method === 'bilinear' ? 'ResizeBilinear' : 'ResizeNearestNeighbor';
  return writer.add(op, [writer.inputs[0]!, size], { half_pixel_centers: true });
}

const resizing: LayerImporter = (writer) => {
  const {
    height,
    width,
    interpolation = 'bilinear',
    crop_to_aspect_ratio: crops,
    pad_to_aspect_ratio: pads,
  } = writer.layer.config;
  if (crops === true || pads === true) return { problem: 'keeps the aspect ratio while resizing' };
  return resized(writer, writer.constant('size', integers([Number(height), Number(width)])), interpolation);
};

const upSampling: LayerImporter = (writer) => {
  const [down, across] = pair(writer.layer.config['size'], 2);
  // Sizes are known once the graph is imported: they are worked out from the shape.
  const shape = writer.add('Shape', [writer.inputs[0]!]);
  const ends = [1, 3, 1].map((number, at) => writer.constant(`part${at}`, integers([number])));
  const sides = writer.add('StridedSlice', [shape, ...ends]);
  const size = writer.add('Mul', [sides, writer.constant('times', integers([down, across]))]);
  return resized(writer, size, writer.layer.config['interpolation'] ?? 'nearest');
};

/** At inference a picture goes through as it is. */
const variations = [
  'RandomFlip',
  'RandomRotation',
  'RandomZoom',
  'RandomTranslation',
  'RandomContrast',
  'RandomBrightness',
  'RandomHeight',
  'RandomWidth',
  'RandomShear',
  'RandomPerspective',
  'RandomElasticTransform',
  'RandomSharpness',
  'RandomHue',
  'RandomSaturation',
  'RandomColorJitter',
  'RandomColorDegeneration',
  'RandomGrayscale',
  'RandomPosterization',
  'RandomErasing',
  'RandomGaussianBlur',
  'RandomInvert',
  'RandAugment',
  'AugMix',
  'CutMix',
  'MixUp',
];

export const imageLayers: Readonly<Record<string, LayerImporter>> = {
  Rescaling: rescaling,
  Normalization: normalization,
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  Resizing: resizing,
  UpSampling2D: upSampling,
  ...Object.fromEntries(variations.map((name): [string, LayerImporter] => [name, ({ inputs }) => inputs[0]!])),
};

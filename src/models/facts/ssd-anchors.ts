/**
 * Anchors of MobileNet SSDs: TensorFlow's create_ssd_anchors (object_detection/anchor_generators/multiple_grid_anchor_generator.py)
 * with the settings of all published MobileNet SSD configurations: six layers, scales 0.2 to 0.95, ratios 1, 2, 1/2, 3, 1/3 and one
 * size between two layers; three boxes a cell in the lowest layer.
 */

/** Centre y, centre x, height, width, as fractions of the picture. */
export type SsdAnchor = readonly [y: number, x: number, height: number, width: number];

const layers = 6;
const [smallest, largest] = [0.2, 0.95];
const ratios = [1, 2, 0.5, 3, 0.3333];
const lowestStridePx = 16;

/** Row by row through each layer, the lowest first. */
export function ssdAnchors(heightPx: number, widthPx: number): SsdAnchor[] {
  const anchors: SsdAnchor[] = [];
  let [rows, columns] = [Math.ceil(heightPx / lowestStridePx), Math.ceil(widthPx / lowestStridePx)];
  for (let layer = 0; layer < layers; layer++) {
    const sizes = sizesOf(layer);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (const [height, width] of sizes) anchors.push([(y + 0.5) / rows, (x + 0.5) / columns, height, width]);
      }
    }
    [rows, columns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
  }
  return anchors;
}

function sizesOf(layer: number): readonly (readonly [height: number, width: number])[] {
  const scaleOf = (at: number): number => (at === layers ? 1 : smallest + ((largest - smallest) * at) / (layers - 1));
  const scale = scaleOf(layer);
  const shapes: (readonly [scale: number, ratio: number])[] =
    layer === 0
      ? [
          [0.1, 1],
          [scale, 2],
          [scale, 0.5],
        ]
      : [...ratios.map((ratio) => [scale, ratio] as const), [Math.sqrt(scale * scaleOf(layer + 1)), 1]];
  return shapes.map(([size, ratio]) => [size / Math.sqrt(ratio), size * Math.sqrt(ratio)]);
}

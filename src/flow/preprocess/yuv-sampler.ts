/** From YUV420 planes straight to the pixels of a tensor: shrink, rotate and convert in one pass, nothing allocated per frame. */
import type { Frame } from '../capture/frame.ts';
import type { Elements, Tables } from './element-writer.ts';
import { type Geometry, type Region, upright } from './geometry.ts';

/** Offsets into the planes for every column and row of the tensor's picture, worked out once per geometry. */
export interface YuvSampler {
  /** Writes the picture's part of the tensor; padding is left as it is. */
  sample(frame: Frame, into: Elements, tables: Tables): void;
}

/** At most this many luma samples a side are averaged per pixel: enough for a 4-fold reduction without aliasing. */
const mostTaps = 4;

/**
 * @param frame any frame of the stream: its size, stride and rotation are taken
 * @param tensorWidthPx row length of the tensor
 * @param channels 3: RGB; 1: luma
 * @param region the part of the upright picture to read; absent: all of it
 */
export function createYuvSampler(
  frame: Pick<Frame, 'widthPx' | 'heightPx' | 'strideBytes' | 'rotationDeg'>,
  geometry: Geometry,
  { tensorWidthPx, channels, region }: { tensorWidthPx: number; channels: 1 | 3; region?: Region },
): YuvSampler {
  const { widthPx, heightPx, strideBytes, rotationDeg } = frame;
  const size = upright(frame, rotationDeg);
  const chromaStride = strideBytes >> 1;
  const uPlane = strideBytes * heightPx;
  const vPlane = uPlane + chromaStride * (heightPx >> 1);
  const {
    leftPx,
    topPx,
    widthPx: regionWidthPx,
    heightPx: regionHeightPx,
  } = region ?? { leftPx: 0, topPx: 0, ...size };
  const across = taps(geometry.widthPx, { from: leftPx, length: regionWidthPx, extent: size.widthPx });
  const down = taps(geometry.heightPx, { from: topPx, length: regionHeightPx, extent: size.heightPx });
  // A column of the upright picture is a column or a row of the planes, forwards or backwards.
  const swap = rotationDeg === 90 || rotationDeg === 270;
  const columnBackwards = rotationDeg === 180 || rotationDeg === 90;
  const rowBackwards = rotationDeg === 180 || rotationDeg === 270;
  const columnExtent = swap ? heightPx : widthPx;
  const rowExtent = swap ? widthPx : heightPx;
  const columns = offsets(across, { extent: columnExtent, backwards: columnBackwards, step: swap ? strideBytes : 1 });
  const rows = offsets(down, { extent: rowExtent, backwards: rowBackwards, step: swap ? 1 : strideBytes });
  const chromaColumns = chroma(across, {
    extent: columnExtent,
    backwards: columnBackwards,
    step: swap ? chromaStride : 1,
  });
  const chromaRows = chroma(down, { extent: rowExtent, backwards: rowBackwards, step: swap ? 1 : chromaStride });
  const { tapCount: columnTaps } = across;
  const { tapCount: rowTaps } = down;
  // Division by the number of taps as a multiplication: 2^16 / taps, rounded.
  const weight = Math.round(65_536 / (columnTaps * rowTaps));

  return {
    sample: ({ bytes }, into, [redTable, greenTable, blueTable]) => {
      for (let y = 0; y < geometry.heightPx; y++) {
        let at = ((geometry.topPx + y) * tensorWidthPx + geometry.leftPx) * channels;
        const chromaRow = chromaRows[y]!;
        for (let x = 0; x < geometry.widthPx; x++) {
          let sum = 0;
          for (let row = 0; row < rowTaps; row++) {
            const rowOffset = rows[y * rowTaps + row]!;
            for (let column = 0; column < columnTaps; column++) {
              sum += bytes[rowOffset + columns[x * columnTaps + column]!]!;
            }
          }
          const luma = (sum * weight + 32_768) >> 16;
          if (channels === 1) {
            into[at++] = redTable[luma > 255 ? 255 : luma]!;
            continue;
          }
          const chromaAt = chromaRow + chromaColumns[x]!;
          const u = bytes[uPlane + chromaAt]! - 128;
          const v = bytes[vPlane + chromaAt]! - 128;
          // JFIF's BT.601 full range in 16-bit fixed point: 1.402, 0.344136, 0.714136, 1.772 times 65536.
          const red = luma + ((91_881 * v + 32_768) >> 16);
          const green = luma - ((22_554 * u + 46_802 * v + 32_768) >> 16);
          const blue = luma + ((116_130 * u + 32_768) >> 16);
          into[at++] = redTable[red < 0 ? 0 : red > 255 ? 255 : red]!;
          into[at++] = greenTable[green < 0 ? 0 : green > 255 ? 255 : green]!;
          into[at++] = blueTable[blue < 0 ? 0 : blue > 255 ? 255 : blue]!;
        }
      }
    },
  };
}

interface Taps {
  readonly tapCount: number;
  /** tapCount source positions for each target position. */
  readonly positions: Int32Array;
  /** The source position at the middle of each target position. */
  readonly centres: Int32Array;
}

/** Evenly spread source positions below each target position: `length` of the axis from `from` on. */
function taps(target: number, { from, length, extent }: { from: number; length: number; extent: number }): Taps {
  const ratio = length / target;
  const tapCount = Math.min(mostTaps, Math.max(1, Math.round(ratio)));
  const clamp = (position: number) => Math.min(extent - 1, Math.max(0, from + Math.floor(position)));
  return {
    tapCount,
    positions: Int32Array.from({ length: target * tapCount }, (_, index) => {
      const tap = index % tapCount;
      return clamp(((index - tap) / tapCount + (tap + 0.5) / tapCount) * ratio);
    }),
    centres: Int32Array.from({ length: target }, (_, index) => clamp((index + 0.5) * ratio)),
  };
}

interface Axis {
  readonly extent: number;
  readonly backwards: boolean;
  readonly step: number;
}

function offsets({ positions }: Taps, { extent, backwards, step }: Axis): Int32Array {
  return positions.map((position) => (backwards ? extent - 1 - position : position) * step);
}

function chroma({ centres }: Taps, { extent, backwards, step }: Axis): Int32Array {
  const half = extent >> 1;
  return centres.map((centre) => Math.min(half - 1, (backwards ? extent - 1 - centre : centre) >> 1) * step);
}

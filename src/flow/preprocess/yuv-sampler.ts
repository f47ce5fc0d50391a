/** From YUV420 planes straight to the pixels of a tensor: shrink, rotate and convert in one pass, nothing allocated per frame. */
import type { Frame } from '../capture/frame.ts';
import type { Elements, Tables } from './element-writer.ts';
import { type Geometry, type Region, upright } from './geometry.ts';
import { evenlySpread, type SamplePositions } from './sample-positions.ts';

/** Offsets into the planes for every column and row of the tensor's picture, worked out once per geometry. */
export interface YuvSampler {
  /** Writes the picture's part of the tensor; padding is left as it is. */
  sample(frame: Pick<Frame, 'bytes'>, into: Elements, tables: Tables): void;
}

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
  const across = evenlySpread(geometry.widthPx, { from: leftPx, length: regionWidthPx, extent: size.widthPx });
  const down = evenlySpread(geometry.heightPx, { from: topPx, length: regionHeightPx, extent: size.heightPx });
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

  const lumas = new Int32Array(geometry.widthPx);

  return {
    sample: ({ bytes }, into, tables) => {
      const [red, green, blue] = tables.map(beyondEnds) as unknown as Tables;
      for (let y = 0; y < geometry.heightPx; y++) {
        sumLumas(bytes, rows.subarray(y * rowTaps, (y + 1) * rowTaps), columns, lumas);
        let at = ((geometry.topPx + y) * tensorWidthPx + geometry.leftPx) * channels;
        const chromaRow = chromaRows[y]!;
        for (let x = 0; x < lumas.length; x++) {
          const luma = ((lumas[x]! * weight + 32_768) >> 16) + beyond;
          if (channels === 1) {
            into[at++] = red[luma]!;
            continue;
          }
          const chromaAt = chromaRow + chromaColumns[x]!;
          const u = bytes[uPlane + chromaAt]! - 128;
          const v = bytes[vPlane + chromaAt]! - 128;
          // JFIF's BT.601 full range in 16-bit fixed point: 1.402, 0.344136, 0.714136, 1.772 times 65536.
          into[at] = red[luma + ((91_881 * v + 32_768) >> 16)]!;
          into[at + 1] = green[luma - ((22_554 * u + 46_802 * v + 32_768) >> 16)]!;
          into[at + 2] = blue[luma + ((116_130 * u + 32_768) >> 16)]!;
          at += 3;
        }
      }
    },
  };
}

/** Chroma adds up to 227 to a luma, or takes as much away: a table with its first and last value so often needs no clamping. */
const beyond = 256;

function beyondEnds(table: Elements): Elements {
  const longer = new (table.constructor as new (length: number) => Elements)(table.length + 2 * beyond);
  longer.fill(table[0]!, 0, beyond);
  longer.set(table, beyond);
  return longer.fill(table[table.length - 1]!, beyond + table.length);
}

/** Of one row of the tensor's picture: all samples of each pixel. `columns` holds as many for each as there are. */
function sumLumas(bytes: Uint8Array, rows: Int32Array, columns: Int32Array, into: Int32Array): void {
  const taps = columns.length / into.length;
  into.fill(0);
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]!;
    if (taps === 1) {
      for (let x = 0; x < into.length; x++) into[x] = into[x]! + bytes[from + columns[x]!]!;
    } else if (taps === 2) {
      for (let x = 0; x < into.length; x++)
        into[x] = into[x]! + bytes[from + columns[2 * x]!]! + bytes[from + columns[2 * x + 1]!]!;
    } else {
      for (let x = 0, at = 0; x < into.length; x++) {
        let sum = 0;
        for (const end = at + taps; at < end; at++) sum += bytes[from + columns[at]!]!;
        into[x] = into[x]! + sum;
      }
    }
  }
}

interface Axis {
  readonly extent: number;
  readonly backwards: boolean;
  readonly step: number;
}

function offsets({ positions }: SamplePositions, { extent, backwards, step }: Axis): Int32Array {
  return positions.map((position) => (backwards ? extent - 1 - position : position) * step);
}

function chroma({ centres }: SamplePositions, { extent, backwards, step }: Axis): Int32Array {
  const half = extent >> 1;
  return centres.map((centre) => Math.min(half - 1, (backwards ? extent - 1 - centre : centre) >> 1) * step);
}

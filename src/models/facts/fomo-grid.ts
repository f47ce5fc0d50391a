/** The output of Edge Impulse's FOMO: for every cell of a coarse grid the probability of each class, background first. */

export interface FomoGrid {
  readonly rows: number;
  readonly columns: number;
  /** Without background. */
  readonly classes: number;
}

/** The backbone is cut where one cell stands for so many pixels of the picture; 8 unless the maker chose another. */
const pixelsPerCell = [4, 8, 16, 32];

/** @returns undefined for shapes that no FOMO has */
export function fomoGrid(input: readonly number[], output: readonly number[]): FomoGrid | undefined {
  const [batch, rows = 0, columns = 0, channels = 0] = output;
  const [, heightPx = 0, widthPx = 0] = input;
  const fits = pixelsPerCell.some(
    (cell) => Math.ceil(heightPx / cell) === rows && Math.ceil(widthPx / cell) === columns,
  );
  return output.length === 4 && batch === 1 && rows > 1 && channels > 1 && fits
    ? { rows, columns, classes: channels - 1 }
    : undefined;
}

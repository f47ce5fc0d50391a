/**
 * Makes training faster where there are fewer photos than features. A training uses only the products between its rows. n rows can be
 * written with n numbers each, by a rotation (an orthonormal basis of the space that they span), and all products stay the same. So the
 * training gives the same result on these short rows, and its weights are rotated back.
 */
import { dot } from './feature-set.ts';

export interface TurnedRows {
  readonly rows: readonly Float32Array[];
  /** The vector of the first space that gives with every row the product that this one gives with the turned row. */
  readonly back: (vector: Float32Array) => Float32Array;
}

/** Share of the mean squared length below which what is left of a row adds no dimension. */
const nothing = 1e-6;

/** Cholesky's decomposition of the rows' products, the longest rest first; nothing is kept but its own rows. */
export function turnRows(rows: readonly Float32Array[]): TurnedRows {
  const turned = rows.map(() => new Float32Array(rows.length));
  const rest = rows.map((row) => dot(row, row, 0));
  const least = (nothing * rest.reduce((sum, length) => sum + length, 0)) / rows.length;
  const pivots: number[] = [];
  const open = new Set(rows.keys());
  while (pivots.length < rows.length) {
    const pivot = rest.reduce((most, length, at) => (length > rest[most]! ? at : most), 0);
    if (rest[pivot]! <= least) break;
    const place = pivots.length;
    const length = Math.sqrt(rest[pivot]!);
    const known = turned[pivot]!.subarray(0, place);
    for (const at of open) {
      const value = at === pivot ? length : (dot(rows[at]!, rows[pivot]!, 0) - dot(known, turned[at]!, 0)) / length;
      turned[at]![place] = value;
      rest[at]! -= value * value;
    }
    rest[pivot] = 0;
    open.delete(pivot);
    pivots.push(pivot);
  }
  const dimensions = pivots.length;
  return {
    rows: turned.map((row) => row.slice(0, dimensions)),
    back: (vector) => {
      // As a sum of the pivots' rows: their turned rows are a triangle, solved from its end.
      const factors = new Float64Array(dimensions);
      const sum = new Float32Array(rows[0]!.length);
      for (let place = dimensions - 1; place >= 0; place--) {
        let value = vector[place]!;
        for (let later = place + 1; later < dimensions; later++) {
          value -= turned[pivots[later]!]![place]! * factors[later]!;
        }
        factors[place] = value / turned[pivots[place]!]![place]!;
        const row = rows[pivots[place]!]!;
        for (let at = 0; at < sum.length; at++) sum[at]! += factors[place]! * row[at]!;
      }
      return sum;
    },
  };
}

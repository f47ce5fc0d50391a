/** The assignment problem: who goes with whom so that the sum of costs is least. Pure functions. */

/**
 * Least-cost assignment by shortest augmenting paths (the Hungarian method in the form of Jonker and Volgenant, 1987), O(n^2 m).
 * @param costs one row per worker, all of the same length; Infinity: these two never go together
 * @returns for each row its column, or -1: as many rows as possible are assigned, at the least sum of costs
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  if (rows === 0 || columns === 0) return new Array<number>(rows).fill(-1);
  if (rows > columns) return inverted(assign(transposed(costs)), rows);
  const impossible = costOfImpossible(costs);
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  /** Row of each column, both counted from 1; 0: free. Column 0 holds the row that is being placed. */
  const rowOf = new Int32Array(columns + 1);
  const previous = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    const distance = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const visited = new Uint8Array(columns + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      visited[column] = 1;
      const from = rowOf[column]!;
      let nearest = 0;
      let step = Number.POSITIVE_INFINITY;
      for (let next = 1; next <= columns; next++) {
        if (visited[next]) continue;
        const cost = costs[from - 1]![next - 1]!;
        const reduced = (cost < impossible ? cost : impossible) - rowPotential[from]! - columnPotential[next]!;
        if (reduced < distance[next]!) {
          distance[next] = reduced;
          previous[next] = column;
        }
        if (distance[next]! < step) {
          step = distance[next]!;
          nearest = next;
        }
      }
      for (let at = 0; at <= columns; at++) {
        if (visited[at]) {
          rowPotential[rowOf[at]!]! += step;
          columnPotential[at]! -= step;
        } else distance[at]! -= step;
      }
      column = nearest;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const before = previous[column]!;
      rowOf[column] = rowOf[before]!;
      column = before;
    }
  }
  const result = new Array<number>(rows).fill(-1);
  for (let column = 1; column <= columns; column++) {
    const row = rowOf[column]! - 1;
    if (row >= 0 && costs[row]![column - 1]! < impossible) result[row] = column - 1;
  }
  return result;
}

/** So dear that avoiding one impossible pair is worth any sum of possible ones. */
function costOfImpossible(costs: readonly (readonly number[])[]): number {
  let largest = 0;
  for (const row of costs)
    for (const cost of row) if (Number.isFinite(cost)) largest = Math.max(largest, Math.abs(cost));
  return (2 * largest + 1) * (costs.length + 1);
}

function transposed(costs: readonly (readonly number[])[]): number[][] {
  return costs[0]!.map((_, column) => costs.map((row) => row[column]!));
}

function inverted(rowOf: readonly number[], rows: number): number[] {
  const columnOf = new Array<number>(rows).fill(-1);
  rowOf.forEach((row, column) => {
    if (row >= 0) columnOf[row] = column;
  });
  return columnOf;
}

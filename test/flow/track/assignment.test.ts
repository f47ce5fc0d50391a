import test from 'ava';
import fc from 'fast-check';
import { assign } from '../../../src/flow/track/assignment.ts';

const never = Number.POSITIVE_INFINITY;

test('takes the dearer pair where the sum is less', (t) => {
  t.deepEqual(
    assign([
      [1, 2],
      [2, 5],
    ]),
    [1, 0],
  );
});

test('leaves out what is impossible, rather than the possible beside it', (t) => {
  t.deepEqual(
    assign([
      [never, 3],
      [never, 1],
    ]),
    [-1, 1],
  );
  t.deepEqual(assign([[never], [never]]), [-1, -1]);
});

test('nothing to assign', (t) => {
  t.deepEqual(assign([]), []);
  t.deepEqual(assign([[], []]), [-1, -1]);
});

/** Every way to give rows to columns, and the best of them: most pairs, then the least sum. */
function best(costs: readonly (readonly number[])[]): { pairs: number; sum: number } {
  const go = (row: number, taken: ReadonlySet<number>): { pairs: number; sum: number } => {
    if (row === costs.length) return { pairs: 0, sum: 0 };
    let found = go(row + 1, taken);
    costs[row]!.forEach((cost, column) => {
      if (taken.has(column) || cost === never) return;
      const rest = go(row + 1, new Set([...taken, column]));
      const one = { pairs: rest.pairs + 1, sum: rest.sum + cost };
      if (one.pairs > found.pairs || (one.pairs === found.pairs && one.sum < found.sum)) found = one;
    });
    return found;
  };
  return go(0, new Set());
}

test('is as good as trying everything', (t) => {
  const matrix = fc.integer({ min: 1, max: 5 }).chain((columns) =>
    fc.array(
      fc.array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -50, max: 50 }) }, fc.constant(never)), {
        minLength: columns,
        maxLength: columns,
      }),
      { minLength: 1, maxLength: 5 },
    ),
  );
  fc.assert(
    fc.property(matrix, (costs) => {
      const columns = assign(costs);
      const pairs = columns.flatMap((column, row) => (column < 0 ? [] : [costs[row]![column]!]));
      const used = columns.filter((column) => column >= 0);
      const sum = pairs.reduce((total, cost) => total + cost, 0);
      const expected = best(costs);
      return new Set(used).size === used.length && pairs.length === expected.pairs && sum === expected.sum;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

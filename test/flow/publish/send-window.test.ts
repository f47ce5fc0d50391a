import test from 'ava';
import { SendWindow } from '../../../src/flow/publish/send-window.ts';

/** Sends that end when told. */
function setUp(most: number, mostWaiting: number) {
  const window = new SendWindow(most, mostWaiting);
  const begun: number[] = [];
  const ends = new Map<number, (error?: Error) => void>();
  const results = Array.from<unknown>({ length: 0 });
  return {
    begun,
    results,
    send: (index: number) =>
      window
        .run(() => {
          begun.push(index);
          return new Promise<number>((resolve, reject) =>
            ends.set(index, (error) => (error ? reject(error) : resolve(index))),
          );
        })
        .then(
          (result) => results.push(result),
          (error: Error) => results.push(error.message),
        ),
    end: async (index: number, error?: Error) => {
      ends.get(index)!(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('too many that wait are turned away', async (t) => {
  const { send, begun, results } = setUp(1, 1);
  void send(1);
  void send(2);
  await send(3);
  t.deepEqual(begun, [1]);
  t.deepEqual(results, [undefined]);
});

test('a send that fails gives its turn on', async (t) => {
  const { send, end, begun, results } = setUp(1, 10);
  void send(1);
  void send(2);
  await end(1, new Error('lost'));
  await end(2);
  t.deepEqual(begun, [1, 2]);
  t.deepEqual(results, ['lost', 2]);
});

test('no more than the window are under way, in the order they came', async (t) => {
  const { send, end, begun, results } = setUp(2, 10);
  for (const index of [1, 2, 3, 4, 5]) void send(index);
  t.deepEqual(begun, [1, 2]);
  await end(2);
  t.deepEqual(begun, [1, 2, 3]);
  await end(3);
  await end(1);
  t.deepEqual(begun, [1, 2, 3, 4, 5]);
  await end(4);
  await end(5);
  t.deepEqual(results, [2, 3, 1, 4, 5]);
  void send(6);
  void send(7);
  void send(8);
  t.deepEqual(begun.slice(5), [6, 7]);
});

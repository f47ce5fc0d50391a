import test from 'ava';
import { TensorPool } from '../../../src/flow/preprocess/tensor-pool.ts';

const left = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
const right = { x0: 0.5, y0: 0, x1: 1, y1: 1 };
const far = { x0: -3, y0: -1, x1: 2, y1: 4 };

function underTest() {
  const world = { blanked: 0 };
  const pool = new TensorPool(4, (bytes) => {
    world.blanked += 1;
    bytes.fill(128);
  });
  const used = (placement: typeof left, isFull: boolean): Uint8Array => {
    const tensor = pool.take(placement, { isFull });
    const before = tensor.bytes.slice();
    if (isFull) tensor.bytes.fill(1);
    tensor.release();
    return before;
  };
  return { world, used };
}

test('padding is written when the picture lies elsewhere, and stays while it lies there', (t) => {
  const { world, used } = underTest();
  used(left, false);
  used(left, false);
  t.is(world.blanked, 1);
  used(right, false);
  t.is(world.blanked, 2);
});

test('a picture that fills the tensor needs no padding, wherever its frame lies', (t) => {
  const { world, used } = underTest();
  used(far, true);
  used({ ...far, x0: -2 }, true);
  t.is(world.blanked, 0);
});

test('after a picture that filled the tensor there is padding again', (t) => {
  const { used } = underTest();
  used(left, false);
  used(far, true);
  t.deepEqual([...used(left, false)], [128, 128, 128, 128]);
});

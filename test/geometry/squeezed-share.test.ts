import test from 'ava';
import { squeezedShare } from '../../src/geometry/squeezed-share.ts';

test('in a square the share is that of the longer side; in a wide region what stands takes less, what lies takes more', (t) => {
  t.is(squeezedShare(0.1, 0.3, 1), 0.3);
  t.is(squeezedShare(0.4, 0.3, 1), 0.4);
  t.is(squeezedShare(0.1, 0.3, 4), 0.15);
  t.is(squeezedShare(0.4, 0.3, 4), 0.8);
});

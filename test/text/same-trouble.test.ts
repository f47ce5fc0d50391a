/** Sentences of ffmpeg and others that tell of one trouble, and those that don't. */
import test from 'ava';
import { troubleKey, withoutPointers } from '../../src/text/same-trouble.ts';

const same: readonly [string, string][] = [
  [
    '[rtsp @ 0x5581ab30c4c0] method DESCRIBE failed: 404 Not Found',
    '[rtsp @ 0x55d0c8a3b540] method DESCRIBE failed: 404 Not Found',
  ],
  ['[tcp @ 0x7f8e1c000b80] Connection refused', '[tcp @ 0xaaaae1c0] Connection refused'],
  ['It said: 12:03:44.120 [warn] no frame | frame=  17', 'It said: 12:03:49.871 [warn] no frame | frame=  203'],
  ['[0:01:23.456789] [1234] ERROR V4L2 dequeue failed', '[1:59:02.000001] [999] ERROR V4L2 dequeue failed'],
  [
    'no frame came for 5 s (3 corrupt frames were skipped so far)',
    'no frame came for 5.2 s (12 corrupt frames were skipped so far)',
  ],
  ['Non-monotonous DTS: previous 90000, current 89999', 'Non-monotonous DTS: previous 180000, current 179000'],
];
for (const [one, other] of same) {
  test(`${one.slice(0, 40)}: the same though its numbers differ`, (t) => {
    t.is(troubleKey(one), troubleKey(other));
  });
}

test('other words are another trouble', (t) => {
  const keys = ['Connection refused', 'Connection timed out', 'was ended by SIGKILL', 'was ended by SIGSEGV'].map(
    troubleKey,
  );
  t.is(new Set(keys).size, 4);
});

test('people are shown no pointers, and everything else as it is', (t) => {
  t.is(withoutPointers('[rtsp @ 0x5581ab30c4c0] 404 at 10.0.0.7:554'), '[rtsp] 404 at 10.0.0.7:554');
  t.is(withoutPointers('register 0x3c at address 0x10'), 'register 0x3c at address 0x10');
});

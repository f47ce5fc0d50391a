import test from 'ava';
import type { PastLook } from '../../../src/flow/regions/chance-in.ts';
import { learnRates, noRates, shownRates } from '../../../src/flow/regions/shown-rates.ts';
import { detectability } from '../../../src/geometry/detectability.ts';

const view = (share: number, shown: boolean, atMs: number): PastLook => ({
  across: 0.5,
  down: 0.5,
  logShare: Math.log(share),
  isHalf: false,
  shown,
  atMs,
});

test('before anything was looked at each label is found as any', (t) => {
  for (const share of [0, 0.05, 0.12, 0.3, 0.8]) t.is(shownRates(noRates())(share), detectability(share));
});

test('what looks show of small things is expected of the next of them, and of no other size', (t) => {
  const rates = noRates();
  for (let at = 1; at <= 40; at++) learnRates(rates, [view(0.12, true, at), view(0.12, true, at - 1)], at);
  t.true(shownRates(rates)(0.12) > 0.7);
  t.is(shownRates(rates)(0.5), detectability(0.5));
});

test('what looks miss again and again is expected less', (t) => {
  const rates = noRates();
  for (let at = 1; at <= 40; at++) {
    learnRates(rates, [view(0.5, false, at), view(0.3, true, at), view(0.3, true, at - 1)], at);
  }
  t.true(shownRates(rates)(0.5) < 0.7 * detectability(0.5) && shownRates(rates)(0.5) > 0.4);
  t.true(shownRates(rates)(0.3) > detectability(0.3));
});

test('of what the frame before did not show nothing is learnt: it may be gone', (t) => {
  const rates = noRates();
  for (let at = 1; at <= 40; at++) {
    learnRates(rates, [view(0.5, false, at), view(0.5, false, at - 1)], at);
    // Nor of what was not looked at in this frame, or for the first time.
    learnRates(rates, [view(0.5, false, at - 1), view(0.5, true, at - 2)], at);
    learnRates(rates, [view(0.5, true, at)], at);
  }
  t.is(shownRates(rates)(0.5), detectability(0.5));
});

/** The deadline of an inference: configured at first, shorter once the latency is known. */
import test from 'ava';
import { AnswerDeadline, raisedDeadlineMs } from '../../../src/flow/infer/answer-deadline.ts';

function after(tookMs: readonly number[], longestMs = 2000): number {
  const deadline = new AnswerDeadline(longestMs);
  for (const ms of tookMs) deadline.answered(ms);
  return deadline.ms;
}

test('the first answers have the configured deadline: nobody knows how slow this machine is', (t) => {
  t.is(after([]), 2000);
  t.is(after(Array(19).fill(1)), 2000);
});

test('a fast model is given up sooner, but not below a second', (t) => {
  t.is(after(Array(20).fill(5)), 1000);
  t.is(after(Array(20).fill(150)), 1500);
});

test('a slow one keeps the configured deadline', (t) => {
  t.is(after(Array(20).fill(900)), 2000);
  t.is(after(Array(20).fill(5), 500), 500);
});

test('one slow answer in twenty changes nothing, two do, and both are forgotten', (t) => {
  const fast = Array(20).fill(5);
  t.is(after([...fast, 190]), 1000);
  t.is(after([...fast, 190, 190]), 1900);
  t.is(after([190, 190, ...fast]), 1000);
});

test('the deadline of a heavy model is raised to four times its latency, within a bound, and never lowered', (t) => {
  t.is(raisedDeadlineMs(300, 2000), 2000);
  t.is(raisedDeadlineMs(1000, 2000), 2000);
  t.is(raisedDeadlineMs(1001, 2000), 4100);
  t.is(raisedDeadlineMs(3000, 2000), 12_000);
  t.is(raisedDeadlineMs(15_000, 2000), 30_000);
  t.is(raisedDeadlineMs(19_000, 35_000), 35_000);
  t.is(raisedDeadlineMs(30_000, 50_000), 50_000);
});

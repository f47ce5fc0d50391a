import test from 'ava';
import { Health } from '../../../src/system/service/health.ts';

test('a part without a limit never stalls; one with a limit stalls after silence, and a wait holds until its deadline', (t) => {
  let nowMs = 0;
  const health = new Health({ wallMs: () => 1000 + nowMs, monotonicMs: () => nowMs });
  health.report('broker', { state: 'disconnected' });
  health.report('worker', { state: 'ready', stallAfterMs: 100 });
  nowMs = 100;
  t.deepEqual(health.stalled(), []);
  nowMs = 101;
  t.deepEqual(health.stalled(), ['worker']);
  health.progress('worker');
  t.deepEqual(health.stalled(), []);
  health.report('worker', { state: 'failing-over', waitUntilMs: 500 });
  nowMs = 500;
  t.deepEqual(health.stalled(), []);
  nowMs = 501;
  t.deepEqual(health.stalled(), ['worker']);
  health.progress('nobody');
});

test('listeners hear changes of state and detail only, and a state keeps the time it began', (t) => {
  let nowMs = 0;
  const health = new Health({ wallMs: () => 1000 + nowMs, monotonicMs: () => nowMs });
  const heard: string[] = [];
  health.onChange((part) => heard.push(`${part} ${health.get(part)?.state} ${health.get(part)?.detail}`));
  health.report('broker', { state: 'disconnected', detail: 'refused' });
  nowMs = 5;
  health.report('broker', { state: 'disconnected', detail: 'refused' });
  health.report('broker', { state: 'disconnected', detail: 'timed out' });
  t.deepEqual(health.snapshot(), { broker: { state: 'disconnected', sinceMs: 1000, detail: 'timed out' } });
  health.report('broker', { state: 'connected' });
  t.deepEqual(health.snapshot(), { broker: { state: 'connected', sinceMs: 1005 } });
  t.deepEqual(heard, ['broker disconnected refused', 'broker disconnected timed out', 'broker connected undefined']);
});

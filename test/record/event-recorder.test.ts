/** The life of an event, as it is collected while it lasts. */
import test from 'ava';
import type { Detections } from '../../src/flow/interpret/detection.ts';
import type { EventRecord } from '../../src/record/event-record.ts';
import { eventRecordSchema } from '../../src/record/event-record.ts';
import { EventRecorder } from '../../src/record/event-recorder.ts';
import { event } from '../flow/decide/rule-samples.ts';

function recorder() {
  const kept: EventRecord[] = [];
  const taken: string[] = [];
  const clock = { nowMs: 0 };
  const subject = new EventRecorder({
    store: { add: (record) => void kept.push(record), taken: (id) => void taken.push(id) },
    hasPicture: (id) => id === 'a',
    now: () => clock.nowMs,
  });
  const look = (id: string, atMs: number, score: number): void =>
    subject.look({ capturedAtMs: atMs, detections: [{ label: 'person', score }] } as unknown as Detections, [
      { id, detection: 0 },
    ]);
  return { subject, kept, taken, clock, look };
}

test('scores, zones, messages and verdicts of a life come together at its end', async (t) => {
  const { subject, kept, clock, look } = recorder();
  subject.event(event('new a person 0.6'));
  subject.recorded({ id: 'a', type: 'new' }, 7);
  clock.nowMs = 50;
  subject.taken({ id: 'a', type: 'new' }, 7);
  look('a', 400, 0.7);
  look('b', 400, 0.9);
  t.is(subject.live().length, 1);
  const end = event('end a person 0.7', { enteredZones: ['drive'], endMs: 900 });
  subject.ended(end, [{ rule: 'light', fired: true, atMs: 1, conditions: [], actions: ['led on'] }]);
  subject.event(end);
  subject.recorded(end, 8);
  await Promise.resolve();
  t.is(subject.live().length, 0);
  const [life] = kept;
  t.deepEqual(life!.scores, [
    [0, 0.6],
    [400, 0.7],
  ]);
  t.deepEqual(life!.zones, ['drive']);
  t.deepEqual(life!.messages, [
    { type: 'new', sequence: 7, atMs: 0, takenMs: 50 },
    { type: 'end', sequence: 8, atMs: 50 },
  ]);
  t.deepEqual(life!.verdicts[0]!.actions, ['led on']);
  t.true(life!.picture);
  t.true(eventRecordSchema.safeParse({ ...life, id: 'mh9x2k1c-3f' }).success);
});

test('an end that the broker takes later is noted; without a broker a life ends all the same', async (t) => {
  const { subject, kept, taken } = recorder();
  subject.event(event('new a person'));
  subject.ended(event('end a person'), []);
  await Promise.resolve();
  t.is(kept.length, 1);
  subject.taken({ id: 'a', type: 'end' }, 9);
  t.deepEqual(taken, ['a']);
});

test('a very long life keeps its shape in few scores, and its first and last messages', async (t) => {
  const { subject, kept, look } = recorder();
  subject.event(event('new a person 0.5'));
  for (let one = 1; one <= 10_000; one++) look('a', 100 * one, 0.5 + one / 25_000);
  for (let one = 1; one <= 1000; one++) subject.recorded({ id: 'a', type: 'update' }, one);
  subject.ended(event('end a person 0.9'), []);
  await Promise.resolve();
  const { scores, messages, furtherMessages } = kept[0]!;
  t.true(scores.length >= 32 && scores.length <= 64, `${scores.length}`);
  t.true(scores.every(([at], index) => index === 0 || at > scores[index - 1]![0]));
  t.true(scores.at(-1)![0] > 900_000);
  t.is(messages.length, 100);
  t.is(messages[0]!.sequence, 1);
  t.is(messages.at(-1)!.sequence, 1000);
  t.is(furtherMessages, 900);
});

test('an event that lasts is told as far as it is known, with what the rules say until now', async (t) => {
  const { subject, look } = recorder();
  const verdict = { rule: 'light', fired: false, atMs: 5, conditions: [], actions: [] };
  t.is(
    subject.unfinished('a', () => []),
    undefined,
  );
  subject.event(event('new a person 0.5'));
  look('a', 100, 0.7);
  subject.recorded({ id: 'a', type: 'new' }, 7);
  const told = subject.unfinished('a', () => [verdict] as never)!;
  t.true(told.lasts);
  t.deepEqual(
    told.verdicts.map(({ rule, fired }) => ({ rule, fired })),
    [{ rule: 'light', fired: false }],
  );
  t.is(told.messages[0]!.sequence, 7);
  subject.ended(event('end a person'), []);
  await Promise.resolve();
  t.is(
    subject.unfinished('a', () => []),
    undefined,
    'from now on the store has it',
  );
});

/** One inference runs, the next is handed over; what changes the worker waits for all, and all wait for it. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import test from 'ava';
import { Turns } from '../../../src/flow/infer/turns.ts';

function underTest() {
  const turns = new Turns();
  const steps: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => () => {
    steps.push(`begin ${name}`);
    return new Promise<string>((resolve, reject) => {
      ends.set(name, (error) => {
        steps.push(`end ${name}`);
        if (error === undefined) resolve(name);
        else reject(error);
      });
    });
  };
  const end = async (name: string, error?: Error): Promise<void> => {
    ends.get(name)!(error);
    await turnOfTheLoop();
  };
  return { turns, steps, work, end };
}

test('two are under way at a time, in order, also after one that failed', async (t) => {
  const { turns, steps, work, end } = underTest();
  const [one, two, three] = ['one', 'two', 'three'].map((name) => turns.overlapping(work(name)));
  await turnOfTheLoop();
  t.deepEqual(steps.splice(0), ['begin one', 'begin two']);
  await Promise.all([t.throwsAsync(one!, { message: 'lost' }), end('one', new Error('lost'))]);
  t.deepEqual(steps.splice(0), ['end one', 'begin three']);
  await end('three');
  await end('two');
  t.deepEqual(await Promise.all([two, three]), ['two', 'three']);
});

test('whoever ends first, there are never three', async (t) => {
  const { turns, steps, work, end } = underTest();
  for (const name of ['one', 'two', 'three', 'four']) void turns.overlapping(work(name));
  await turnOfTheLoop();
  await end('two');
  t.deepEqual(steps.splice(0), ['begin one', 'begin two', 'end two']);
  await end('one');
  t.deepEqual(steps.splice(0), ['end one', 'begin three', 'begin four']);
});

test('what wants the worker for itself begins when all before it have ended, and holds up what comes after', async (t) => {
  const { turns, steps, work, end } = underTest();
  void turns.overlapping(work('one'));
  void turns.overlapping(work('two'));
  const alone = turns.alone(work('load'));
  void turns.overlapping(work('three'));
  void turns.overlapping(work('four'));
  await turnOfTheLoop();
  await end('one');
  t.deepEqual(steps.splice(0), ['begin one', 'begin two', 'end one']);
  await end('two');
  t.deepEqual(steps.splice(0), ['end two', 'begin load']);
  await Promise.all([t.throwsAsync(alone), end('load', new Error('no model'))]);
  t.deepEqual(steps.splice(0), ['end load', 'begin three', 'begin four']);
});

/** How many inferences a frame may take: by what they cost, the rate of the camera, the other cameras, and crops. */
import test from 'ava';
import { InferenceBudget } from '../../src/flow/inference-budget.ts';

const question = { camera: 'front', nowMs: 1000, intervalMs: 100, most: 4 };

function known(costMs: number, cameras = ['front']): InferenceBudget {
  const budget = new InferenceBudget();
  for (const camera of cameras) budget.took(camera, { ms: 2 * costMs, inferences: 2 });
  return budget;
}

test('before anything is known of this machine one inference is allowed', (t) => {
  t.is(new InferenceBudget().allowed(question), 1);
});

test('five frames a second are kept, and no more is allowed than is configured', (t) => {
  t.is(known(50).allowed(question), 4);
  t.is(known(60).allowed(question), 3);
  t.is(known(100).allowed(question), 2);
  t.is(known(101).allowed(question), 1);
  t.is(known(5).allowed(question), 4);
  t.is(known(5).allowed({ ...question, most: 8 }), 8);
});

test('a machine that is too slow for one looks all the same: fewer frames are looked at', (t) => {
  t.is(known(2000).allowed(question), 1);
});

test('a camera that gives a picture every five seconds has time for all of them', (t) => {
  t.is(known(900).allowed({ ...question, intervalMs: 5000, most: 8 }), 5);
});

test('cameras that look share the time; one whose gate is closed takes nothing', (t) => {
  const budget = known(25, ['front', 'back']);
  t.is(budget.allowed({ ...question, most: 8 }), 8);
  t.is(budget.allowed({ ...question, most: 8, camera: 'back' }), 4);
  t.is(budget.allowed({ ...question, most: 8 }), 4);
  t.is(budget.allowed({ ...question, most: 8, nowMs: 60_000 }), 8);
});

test('each camera has the cost of its own model', (t) => {
  const budget = known(25);
  budget.took('back', { ms: 100, inferences: 1 });
  t.is(budget.costMs('front'), 25);
  t.is(budget.costMs('back'), 100);
});

test('crops draw on the same time, and leave a fifth of it in any case', (t) => {
  const budget = known(25);
  budget.tookCrop(500, 1000);
  t.is(budget.allowed({ ...question, most: 8 }), 4);
  budget.tookCrop(5000, 1000);
  t.is(budget.allowed({ ...question, most: 8 }), 1);
  t.is(budget.allowed({ ...question, most: 8, nowMs: 60_000 }), 8);
});

test('a machine that becomes slower is believed after a few frames', (t) => {
  const budget = known(20);
  for (let frames = 0; frames < 15; frames++) budget.took('front', { ms: 400, inferences: 4 });
  t.is(budget.allowed({ ...question, most: 8 }), 2);
});

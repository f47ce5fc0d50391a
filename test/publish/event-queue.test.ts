import test from 'ava';
import { createEventQueue } from '../../src/publish/event-queue.ts';
import type { Delivery } from '../../src/publish/message.ts';
import { eventOf } from './samples.ts';

/** A broker that answers as it is told. */
function setUp(most?: number) {
  const sent: string[] = [];
  let answer: Delivery | 'never' = 'taken';
  const queue = createEventQueue({
    ...(most === undefined ? {} : { most }),
    send: ({ id }, replayed) => {
      sent.push(replayed ? `${id} replayed` : id);
      return answer === 'never' ? new Promise(() => undefined) : Promise.resolve(answer);
    },
  });
  return {
    queue,
    sent,
    add: async (...ids: string[]) => {
      for (const id of ids) queue.add(eventOf(id));
      await settled();
    },
    answer: (next: Delivery | 'never') => {
      answer = next;
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('when too many wait the oldest is lost and counted', async (t) => {
  const { queue, sent, add, answer } = setUp(3);
  answer('unsent');
  await add('1', '2', '3', '4', '5');
  t.like(queue, { waiting: 3, lostTotal: 2 });
  answer('taken');
  sent.length = 0;
  queue.resend();
  await settled();
  t.deepEqual(sent, ['3 replayed', '4 replayed', '5 replayed']);
});

test('an event that the broker refuses is given up and counted', async (t) => {
  const { queue, add, answer } = setUp();
  answer('refused');
  await add('1');
  t.like(queue, { waiting: 0, lostTotal: 1 });
});

test('events without a session wait, and go out once, oldest first and marked as replayed', async (t) => {
  const { queue, sent, add, answer } = setUp();
  answer('unsent');
  await add('1', '2');
  t.like(queue, { waiting: 2, lostTotal: 0 });
  answer('taken');
  sent.length = 0;
  queue.resend();
  await add('3');
  t.deepEqual(sent, ['1 replayed', '2 replayed', '3']);
  t.is(queue.waiting, 0);
  queue.resend();
  t.is(sent.length, 3);
});

test('an event that is under way is not sent a second time', async (t) => {
  const { queue, sent, add, answer } = setUp();
  answer('never');
  await add('1');
  queue.resend();
  t.deepEqual(sent, ['1']);
  t.is(queue.waiting, 1);
});

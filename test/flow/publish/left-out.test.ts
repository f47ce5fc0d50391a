/** What is left out, for how long, and who is not suspected. The clock is a number. */
import test from 'ava';
import { LeftOut } from '../../../src/flow/publish/left-out.ts';
import type { Message } from '../../../src/flow/publish/message.ts';
import { packetBytes } from '../../../src/flow/publish/packet-size.ts';

const minuteMs = 60_000;

function setUp() {
  let nowMs = 0;
  const leftOut = new LeftOut({ protocolVersion: 4, now: () => nowMs });
  const sent = (message: Message) => ({ message, bytes: packetBytes(message, 4) });
  return {
    leftOut,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** A session in which some are read, and that ends with others under way. */
    session: (read: readonly Message[], unread: readonly Message[]) => {
      leftOut.begin(undefined);
      for (const message of read) leftOut.read(sent(message));
      return leftOut.ended(unread.map(sent), 'closed');
    },
    go: (message: Message) => leftOut.way(message).go,
  };
}

const message = (topic: string, length = 300, more: Partial<Message> = {}): Message => ({
  topic,
  payload: 'x'.repeat(length),
  qos: 1,
  retain: false,
  ...more,
});
const event = (id: number, length = 300): Message => message('events', length, { id: String(id) });
const picture = (length: number): Message => message('snapshot', length, { qos: 0, smaller: async () => undefined });

test('a broker that is killed again and again under full traffic costs nobody', (t) => {
  const { session, go } = setUp();
  for (let round = 0; round < 50; round++) {
    const from = round * 200;
    const window = Array.from({ length: 100 }, (_, index) => event(from + 100 + index, 300 + (index % 7)));
    // What was under way in the session before is sent first, one at a time, and read.
    const read = Array.from({ length: 100 }, (_, index) => event(from - 100 + index));
    t.is(session(round === 0 ? [] : read, window), undefined, `round ${round}`);
  }
  t.not(go(event(1)), 'never');
});

test('the longest of what was on its way twice is the one, whatever else was on its way', (t) => {
  const { session, go } = setUp();
  const long = picture(50_000);
  t.is(session([event(1)], [event(2), long, message('detections')]), undefined);
  t.is(go(event(2)), 'alone', 'suspects are sent alone');
  t.like(session([event(2), message('detections')], [long]), { about: 'length', topic: 'snapshot' });
  t.is(go(long), 'smaller');
  t.is(go(picture(40_000)), 'smaller', 'one that is a little shorter is not tried at the price of a session');
  t.is(go(message('info', 60_000)), 'never');
  t.is(go(event(3)), 'free');
});

test('a packet as long as one that was read is not too long: then it is the topic, for a while, then for longer', (t) => {
  const { session, go, pass } = setUp();
  const forbidden = message('forbidden');
  session([event(1)], [forbidden]);
  t.like(session([event(2)], [forbidden]), { about: 'topic', topic: 'forbidden' });
  t.is(go(forbidden), 'later');
  t.is(go(event(3)), 'free');
  pass(9 * minuteMs);
  t.is(go(forbidden), 'later');
  pass(minuteMs);
  t.is(go(forbidden), 'alone', 'it is tried again');
  t.like(session([event(4)], [forbidden]), { about: 'topic' }, 'once is enough now');
  pass(19 * minuteMs);
  t.is(go(forbidden), 'later', 'for twice as long');
  pass(minuteMs);
  t.is(go(forbidden), 'alone');
});

test('a topic that is taken after all is as any other', (t) => {
  const { session, go, pass, leftOut } = setUp();
  const forbidden = message('forbidden');
  session([event(1)], [forbidden]);
  session([event(2)], [forbidden]);
  pass(10 * minuteMs);
  leftOut.begin(undefined);
  leftOut.read({ message: forbidden, bytes: packetBytes(forbidden, 4) });
  t.is(go(forbidden), 'free');
});

test('one event among others that are read is left out alone', (t) => {
  const { session, go } = setUp();
  session([event(1)], [event(2), event(3)]);
  t.like(session([event(2)], [event(3)]), { about: 'message', topic: 'events' });
  t.is(go(event(3)), 'never');
  t.is(go(event(4)), 'free');
});

test('a broker that was started anew may take more: one end of a session is enough to see that it does not', (t) => {
  const { session, go, leftOut } = setUp();
  const long = picture(50_000);
  session([event(1)], [long]);
  session([event(1)], [long]);
  leftOut.noSession({ brokerWasAway: false });
  t.is(go(long), 'smaller', 'a network that failed says nothing of the broker');
  leftOut.noSession({ brokerWasAway: true });
  t.is(go(long), 'alone');
  t.like(session([event(2)], [long]), { about: 'length' });
  t.is(go(long), 'smaller');
});

test('no session between two that ended clears the suspicion', (t) => {
  const { session, leftOut } = setUp();
  const long = picture(50_000);
  session([event(1)], [long]);
  leftOut.noSession({ brokerWasAway: false });
  t.is(session([event(2)], [long]), undefined);
});

test('after half a minute without a suspect everything is sent as always', (t) => {
  const { session, go, pass, leftOut } = setUp();
  session([event(1)], [message('detections')]);
  leftOut.begin(undefined);
  t.is(go(event(2)), 'alone');
  pass(31_000);
  t.is(go(event(2)), 'free');
});

test('what the broker promises is the limit, also where it takes more or less than before', (t) => {
  const { leftOut, go } = setUp();
  leftOut.begin(1000);
  t.is(go(message('info', 2000)), 'never');
  t.deepEqual(leftOut.way(picture(2000)), { go: 'smaller', mostBytes: 1000 });
  leftOut.begin(undefined);
  t.is(go(message('info', 2000)), 'free');
});

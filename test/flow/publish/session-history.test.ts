/** What is said about failed sessions, and when the next is tried. The clock is a number. */
import test from 'ava';
import { SessionHistory, sessionPace } from '../../../src/flow/publish/session-history.ts';

function setUp(config: { username?: string; passwordFile?: string; protocolVersion?: 4 | 5 } = {}) {
  let nowMs = 0;
  const history = new SessionHistory({
    address: 'mqtts://broker:8883',
    clientId: 'goby-pi',
    config: { broker: 'mqtts://broker:8883', protocolVersion: 4, ...config },
    now: () => nowMs,
    // The middle of every span.
    random: () => 0.5,
  });
  return {
    history,
    /** One attempt that fails with this. */
    failing: (code: number | string, message = 'said no') => {
      history.attempt();
      history.failed(Object.assign(new Error(message), { code }));
      return history.ended();
    },
    /** One session of this length. */
    session: (lastedMs: number, reasonCode?: number) => {
      history.attempt();
      history.connected();
      nowMs += lastedMs;
      if (reasonCode !== undefined) history.dismissed(reasonCode);
      return history.ended();
    },
  };
}

const refusals: readonly [
  string,
  number | string,
  RegExp,
  { username?: string; passwordFile?: string; protocolVersion?: 4 | 5 }?,
][] = [
  ['a refused version names the other one', 1, /refuses MQTT 3\.1\.1; set mqtt\.protocolVersion to 5/],
  ['so does MQTT 5', 0x84, /refuses MQTT 5; set mqtt\.protocolVersion to 4/, { username: 'goby', protocolVersion: 5 }],
  ['a refused id', 2, /set another device\.id/],
  ['a broker that wants a password', 5, /wants a user name and a password; set mqtt\.username and mqtt\.passwordFile/],
  ['a wrong password', 4, /refuses the user goby with this password; check/, { username: 'goby', passwordFile: '/pw' }],
  ['a user without a password', 4, /refuses the user goby; mqtt\.passwordFile names no file/, { username: 'goby' }],
  ['not authorized in MQTT 5', 0x87, /refuses the user goby/, { username: 'goby', protocolVersion: 5 }],
  ['any other reason keeps its code', 0x8a, /refuses the session \(0x8a, banned\)/],
  ['an unknown authority', 'SELF_SIGNED_CERT_IN_CHAIN', /unknown authority; name it with mqtt\.tls\.caFile/],
  ['a certificate for another name', 'ERR_TLS_CERT_ALTNAME_INVALID', /for another name/],
  ['a clock that is wrong', 'CERT_NOT_YET_VALID', /set this device's clock/],
  ['a missing client certificate', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /set mqtt\.tls\.certificateFile/],
  ['TLS to a plain port', 'ERR_SSL_WRONG_VERSION_NUMBER', /speaks no TLS on this port; use mqtt:\/\//],
];
for (const [title, code, sentence, config] of refusals) {
  test(`${title} is a sentence with the mend, and asked again slowly`, (t) => {
    const { failing } = setUp(config);
    const outlook = failing(code);
    t.regex(outlook.detail, sentence);
    t.like(outlook, { state: 'refused', retryInMs: sessionPace.refusedMs });
  });
}

test('a broker that is not there, or busy, is asked again ever more slowly', (t) => {
  const { failing } = setUp();
  const first = failing('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1883');
  t.like(first, {
    state: 'disconnected',
    detail: 'no session with mqtts://broker:8883: connect ECONNREFUSED 127.0.0.1:1883',
  });
  const delays = Array.from({ length: 8 }, () => failing(3).retryInMs);
  t.deepEqual([first.retryInMs, ...delays], [250, 500, ...Array(7).fill(1000)]);
});

test('a refusal is forgotten when the next attempt fails otherwise', (t) => {
  const { failing } = setUp();
  t.is(failing(5).state, 'refused');
  t.is(failing('ECONNREFUSED').state, 'disconnected');
});

test('an error without a message is told by its code', (t) => {
  const { failing } = setUp();
  t.regex(failing('ECONNREFUSED', '').detail, /: ECONNREFUSED$/);
});

test('a connection that is reset before an answer hints at TLS, and one that is reset later does not', (t) => {
  const { failing, history } = setUp();
  t.regex(failing('ECONNRESET', 'read ECONNRESET').detail, /closed before an answer; .* without TLS starts with mqtt:/);
  history.attempt();
  history.connected();
  history.failed(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  t.regex(history.ended().detail, /: read ECONNRESET$/);
});

test('a connection that ends without a word hints at TLS', (t) => {
  const { history } = setUp();
  history.attempt();
  t.regex(history.ended().detail, /closed before an answer; .* without TLS starts with mqtt:/);
});

test('a session that lasted starts the back-off anew', (t) => {
  const { failing, session } = setUp();
  for (let index = 0; index < 6; index++) failing('ECONNREFUSED');
  t.like(session(60_000), { state: 'disconnected', retryInMs: 250 });
});

test('three short sessions in a row are told as another client with our id, and not fought', (t) => {
  const { session } = setUp();
  t.is(session(100).retryInMs, 250);
  t.is(session(100).retryInMs, 250);
  const outlook = session(100);
  t.regex(outlook.detail, /another client seems to use the id goby-pi too; give one of them another device\.id/);
  t.is(outlook.retryInMs, sessionPace.contestedMs);
  t.is(session(100).retryInMs, sessionPace.contestedMs, 'it stays slow');
  t.is(session(sessionPace.contestedMs).retryInMs, sessionPace.contestedMs, 'also when two take turns');
  t.is(session(2 * sessionPace.contestedMs).retryInMs, 250, 'until it is over');
});

test('sessions of some length between short ones raise no suspicion', (t) => {
  const { session } = setUp();
  for (const lastedMs of [100, 100, 6000, 100, 100]) t.is(session(lastedMs).retryInMs, 250);
});

test('a broker that keeps dying, or answers nothing, is not taken for another client', (t) => {
  const { session, failing, history } = setUp();
  for (let index = 0; index < 5; index++) {
    t.is(session(100).retryInMs, 250);
    t.notRegex(failing('ECONNREFUSED').detail, /another client/);
  }
  for (let index = 0; index < 5; index++) {
    history.attempt();
    history.connected();
    history.unanswered(undefined);
    t.regex(history.ended().detail, /it takes messages, but answers none$/);
  }
});

test('an MQTT 5 broker says at once that the session was taken over', (t) => {
  const { session } = setUp({ protocolVersion: 5 });
  t.like(session(100, 0x8e), { retryInMs: sessionPace.contestedMs });
  const other = setUp({ protocolVersion: 5 }).session(100, 0x8b);
  t.like(other, {
    retryInMs: 250,
    detail: 'no session with mqtts://broker:8883: the broker ended the session (0x8b, server shutting down)',
  });
});

/** The worker's own check of what it is asked. */
import test from 'ava';
import { longestPayload, type Request } from '../../../../src/flow/infer/protocol.ts';
import { readRequest } from '../../../../src/flow/infer/worker/read-request.ts';

const requests: readonly Request[] = [
  { kind: 'ping', id: 1 },
  { kind: 'unload', id: 2, model: 'default' },
  { kind: 'load', id: 3, model: 'm', path: '/models/m.tflite', sha256: 'ab', feedback: [{ output: 1, input: 2 }] },
  { kind: 'load', id: 4, model: 'm', path: '/models/m.tflite', sha256: 'ab', feedback: [] },
  { kind: 'infer', id: 5, model: 'm', bytes: 0, slot: 0, inPayload: false },
  { kind: 'infer', id: 6, model: 'm', bytes: longestPayload, slot: 1, inPayload: true },
];

for (const request of requests)
  test(`is read as it was sent: ${JSON.stringify(request).slice(0, 60)}`, (t) => {
    t.deepEqual(readRequest(JSON.parse(JSON.stringify(request))), request);
  });

test('inputs are in the shared memory where nothing is said', (t) => {
  const { inPayload } = readRequest({ kind: 'infer', id: 5, model: 'm', bytes: 12, slot: 0 }) as {
    inPayload?: boolean;
  };
  t.false(inPayload);
});

const infer = { kind: 'infer', id: 5, model: 'm', bytes: 12, slot: 0 };
const load = { kind: 'load', id: 3, model: 'm', path: 'p', sha256: 's', feedback: [] };
const wrong: readonly (readonly [unknown, RegExp])[] = [
  [null, /request is null/],
  [undefined, /request is undefined/],
  ['ping', /request is "ping"/],
  [{ kind: 'ping' }, /id is undefined/],
  [{ kind: 'ping', id: '1' }, /id is "1"/],
  [{ kind: 'stop', id: 1, model: 'm' }, /kind is "stop"/],
  [{ kind: 'unload', id: 1 }, /model is undefined/],
  [{ ...infer, bytes: -1 }, /bytes is -1/],
  [{ ...infer, bytes: 1.5 }, /bytes is 1\.5/],
  [{ ...infer, bytes: longestPayload + 1 }, /bytes is/],
  [{ ...infer, slot: 2 }, /slot is 2/],
  [{ ...infer, inPayload: 1 }, /inPayload is 1/],
  [{ ...load, path: 7 }, /path is 7/],
  [{ ...load, feedback: 'none' }, /feedback is "none"/],
  [{ ...load, feedback: [null] }, /feedback is null/],
  [{ ...load, feedback: [{ output: 1, input: -1 }] }, /input is -1/],
];

for (const [header, message] of wrong)
  test(`is refused: ${JSON.stringify(header)}`, (t) => {
    t.throws(() => readRequest(header), { instanceOf: RangeError, message });
  });

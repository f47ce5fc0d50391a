import test from 'ava';
import fc from 'fast-check';
import { MessageReader } from '../../../src/flow/infer/message-reader.ts';
import { encodeHead } from '../../../src/flow/infer/protocol.ts';

const message = fc.record({ id: fc.integer({ min: 0, max: 1e6 }), payload: fc.uint8Array({ maxLength: 300 }) });

test('messages come out as they went in, however the bytes are cut', (t) => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
      (messages, cuts) => {
        const stream = Buffer.concat(
          messages.flatMap(({ id, payload }) => [
            encodeHead({ kind: 'pong', id }, payload.byteLength),
            Buffer.from(payload),
          ]),
        );
        const seen: { id: number; payload: number[] }[] = [];
        const reader = new MessageReader({
          onMessage: (header, payload) => seen.push({ id: (header as { id: number }).id, payload: [...payload] }),
        });
        for (let at = 0, turn = 0; at < stream.byteLength; turn++) {
          const end = Math.min(stream.byteLength, at + cuts[turn % cuts.length]!);
          reader.push(stream.subarray(at, end));
          at = end;
        }
        return (
          JSON.stringify(seen) === JSON.stringify(messages.map(({ id, payload }) => ({ id, payload: [...payload] })))
        );
      },
    ),
  );
  t.throws(() => new MessageReader({ onMessage: () => undefined }).push(Buffer.from('HTTP/1.1 200 OK\r\n')), {
    instanceOf: RangeError,
  });
});

test('a header that is no JSON is an error, not a message', (t) => {
  const bytes = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{x}')]);
  t.throws(() => new MessageReader({ onMessage: () => t.fail() }).push(bytes), { instanceOf: SyntaxError });
});

test('what follows bytes that are no message is left alone, in whatever pieces it comes', (t) => {
  for (const garbage of [
    Buffer.alloc(64, 0xa5),
    Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{x}')]),
  ]) {
    const seen: unknown[] = [];
    const reader = new MessageReader({ onMessage: (header) => seen.push(header) });
    t.throws(() => reader.push(garbage));
    // It went round for ever here: the agent with it, deaf to its own deadlines.
    reader.push(encodeHead({ kind: 'pong', id: 1 }, 0));
    for (const byte of garbage) reader.push(Buffer.from([byte]));
    t.deepEqual(seen, []);
  }
});

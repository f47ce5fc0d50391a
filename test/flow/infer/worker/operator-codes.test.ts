import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../../../src/errors.ts';
import { customOperators, edgetpuOperator } from '../../../../src/flow/infer/worker/operator-codes.ts';
import { mirror, testRequiring } from '../../../requiring.ts';

test('what is no .tflite file is an InputError', (t) => {
  for (const bytes of [new Uint8Array(), Buffer.from('hello'), Buffer.alloc(100)]) {
    t.throws(() => customOperators(bytes, 'x.tflite'), {
      instanceOf: InputError,
      message: /^x\.tflite is not a \.tflite file/,
    });
  }
});

testRequiring(
  [{ kind: 'mirror' }],
  'custom operators are found, and mutated files never do worse than an InputError',
  (t) => {
    const read = (name: string) => readFileSync(join(mirror!, name));
    t.deepEqual(customOperators(read('mobilenet_v1_0.25_128_quant_edgetpu.tflite'), 'x'), [edgetpuOperator]);
    t.deepEqual(customOperators(read('mobilenet_v1_0.25_128_quant.tflite'), 'x'), []);
    t.deepEqual(customOperators(read('traffic_model.tflite'), 'x'), ['TFLite_Detection_PostProcess']);
    const whole = read('mobilenet_v1_0.25_128_quant_edgetpu.tflite');
    const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: whole.length }), (edits, length) => {
        const bytes = Uint8Array.from(whole.subarray(0, Math.max(length, 8)));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          return Array.isArray(customOperators(bytes, 'x'));
        } catch (error) {
          return error instanceof InputError;
        }
      }),
      { numRuns: 300 },
    );
  },
);

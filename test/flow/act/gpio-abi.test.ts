/** The bytes that go to the kernel, against the table of linux/gpio.h as seen on real kernels. */
import test from 'ava';
import {
  asIsRequestBuffer,
  chipInfoBuffer,
  gpioRequest,
  inputRequestBuffer,
  lineEventsBuffer,
  lineInfoBuffer,
  lineValuesBuffer,
  outputRequestBuffer,
  readChipInfo,
  readLineFd,
  readLineInfo,
  readLineValue,
} from '../../../src/flow/act/gpio-abi.ts';

/** The bytes that aren't zero, as [offset, hex] runs. */
function marks(bytes: Uint8Array): Record<number, string> {
  const runs: Record<number, string> = {};
  let start = -1;
  bytes.forEach((byte, offset) => {
    if (byte === 0) start = -1;
    else {
      if (start < 0) start = offset;
      runs[start] = (runs[start] ?? '') + byte.toString(16).padStart(2, '0');
    }
  });
  return runs;
}

const goby = '676f6279';

test('request numbers', (t) => {
  t.deepEqual(gpioRequest, {
    getChipInfo: 0x8044b401,
    getLineInfo: 0xc100b405,
    getLine: 0xc250b407,
    getValues: 0xc010b40e,
    setValues: 0xc010b40f,
  });
});

/** What is asked, its size, and where which bytes lie. */
const buffers: readonly (readonly [string, Uint8Array, number, Record<number, string>])[] = [
  ['chip info', chipInfoBuffer(), 68, {}],
  ['line info', lineInfoBuffer(0x0201), 256, { 64: '0102' }],
  [
    'output, off, active high',
    outputRequestBuffer({ offset: 17, consumer: 'goby', activeLow: false, initial: false }),
    592,
    { 0: '11', 256: goby, 288: '08', 296: '01', 320: '02', 336: '01', 560: '01' },
  ],
  [
    'output, on, active low',
    outputRequestBuffer({ offset: 300, consumer: 'goby', activeLow: true, initial: true }),
    592,
    { 0: '2c01', 256: goby, 288: '0a', 296: '01', 320: '02', 328: '01', 336: '01', 560: '01' },
  ],
  ['as it is', asIsRequestBuffer(17, 'goby', false), 592, { 0: '11', 256: goby, 560: '01' }],
  ['as it is, active low', asIsRequestBuffer(17, 'goby', true), 592, { 0: '11', 256: goby, 288: '02', 560: '01' }],
  [
    'input, active low, pulled up, debounced for 30 ms',
    inputRequestBuffer({ offset: 27, consumer: 'goby', activeLow: true, pull: 'up', debounceUs: 30_000 }),
    592,
    { 0: '1b', 256: goby, 288: '3601', 296: '01', 320: '03', 328: '3075', 336: '01', 560: '01' },
  ],
  [
    'input, pulled down',
    inputRequestBuffer({ offset: 27, consumer: 'goby', activeLow: false, pull: 'down', debounceUs: 0 }),
    592,
    { 0: '1b', 256: goby, 288: '3402', 560: '01' },
  ],
  [
    'input without a resistor',
    inputRequestBuffer({ offset: 27, consumer: 'goby', activeLow: false, pull: 'none', debounceUs: 0 }),
    592,
    { 0: '1b', 256: goby, 288: '3404', 560: '01' },
  ],
  ['events', lineEventsBuffer(), 768, {}],
  ['value on', lineValuesBuffer(true), 16, { 0: '01', 8: '01' }],
  ['value off', lineValuesBuffer(false), 16, { 8: '01' }],
];

for (const [name, bytes, size, expected] of buffers) {
  test(`bytes of ${name}`, (t) => {
    t.is(bytes.length, size);
    t.deepEqual(marks(bytes), expected);
  });
}

test('a consumer of 40 letters is cut to 31, so that it ends with a zero', (t) => {
  const bytes = outputRequestBuffer({ offset: 0, consumer: 'x'.repeat(40), activeLow: false, initial: false });
  t.deepEqual(marks(bytes)[256], '78'.repeat(31));
  t.is(bytes[287], 0);
});

test('reads what the kernel answers', (t) => {
  const chip = new Uint8Array(68);
  chip.set(new TextEncoder().encode('gpiochip0'), 0);
  chip.set(new TextEncoder().encode('pinctrl-bcm2711'), 32);
  chip[64] = 58;
  t.deepEqual(readChipInfo(chip), { name: 'gpiochip0', label: 'pinctrl-bcm2711', lines: 58 });

  const line = new Uint8Array(256);
  line.set(new TextEncoder().encode('GPIO17'), 0);
  // A name may fill its field without an ending zero.
  line.set(new TextEncoder().encode('y'.repeat(32)), 32);
  line[64] = 17;
  line[72] = 1 | 8;
  t.deepEqual(readLineInfo(line), {
    name: 'GPIO17',
    consumer: 'y'.repeat(32),
    offset: 17,
    used: true,
    isOutput: true,
  });
  line[72] = 4;
  t.like(readLineInfo(line), { used: false, isOutput: false });

  const request = new Uint8Array(592);
  request.set([0x2a, 0x01], 588);
  t.is(readLineFd(request), 298);
  t.true(readLineValue(lineValuesBuffer(true)));
  t.false(readLineValue(lineValuesBuffer(false)));
});

test('reads from a view into a larger buffer', (t) => {
  const whole = new Uint8Array(64 + 16);
  whole[64] = 1;
  t.true(readLineValue(whole.subarray(64)));
});

/** Times of the week: over midnight, over the change of summer time, in the local zone. */
import test from 'ava';
import fc from 'fast-check';
import { type TimeWindow, weekdays } from '../../../src/config/rules-section.ts';
import { isWithin } from '../../../src/flow/decide/schedule.ts';

const everyDay = [...weekdays];
const night: TimeWindow = { days: everyDay, from: '22:00', to: '06:00' };
const fridayNight: TimeWindow = { days: ['fri'], from: '22:00', to: '06:00' };

/** Windows, zone, an instant in UTC, and whether it is within. 27 November 2026 is a Friday. */
const cases: readonly (readonly [string, readonly TimeWindow[], string, string, boolean])[] = [
  ['no window is always', [], 'UTC', '2026-11-27T12:00Z', true],
  ['from is within', [{ days: ['fri'], from: '08:00', to: '17:30' }], 'UTC', '2026-11-27T08:00Z', true],
  ['the minute before is not', [{ days: ['fri'], from: '08:00', to: '17:30' }], 'UTC', '2026-11-27T07:59:59Z', false],
  ['the last second is', [{ days: ['fri'], from: '08:00', to: '17:30' }], 'UTC', '2026-11-27T17:29:59Z', true],
  ['to is not', [{ days: ['fri'], from: '08:00', to: '17:30' }], 'UTC', '2026-11-27T17:30Z', false],
  ['another day is not', [{ days: ['sat', 'sun'], from: '08:00', to: '17:30' }], 'UTC', '2026-11-27T12:00Z', false],
  ['a whole day to its end', [{ days: ['fri'], from: '00:00', to: '24:00' }], 'UTC', '2026-11-27T23:59:59Z', true],
  ['a whole day, not the next', [{ days: ['fri'], from: '00:00', to: '24:00' }], 'UTC', '2026-11-28T00:00Z', false],
  ['the evening of its day', [fridayNight], 'UTC', '2026-11-27T22:00Z', true],
  ['the morning after', [fridayNight], 'UTC', '2026-11-28T05:59Z', true],
  ['not the morning of its day', [fridayNight], 'UTC', '2026-11-27T05:59Z', false],
  ['not the evening after', [fridayNight], 'UTC', '2026-11-28T22:00Z', false],
  ['sunday night reaches into monday', [{ ...night, days: ['sun'] }], 'UTC', '2026-11-30T05:00Z', true],
  ['one of several', [fridayNight, { days: ['mon'], from: '08:00', to: '09:00' }], 'UTC', '2026-11-30T08:30Z', true],
  ['the zone counts', [fridayNight], 'America/New_York', '2026-11-28T03:00Z', true],
  ['and shifts the day', [fridayNight], 'Asia/Tokyo', '2026-11-27T13:00Z', true],
  // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
  ['spring: 01:59 is within', [night], 'Europe/Berlin', '2026-03-29T00:59Z', true],
  ['spring: 03:00 follows', [night], 'Europe/Berlin', '2026-03-29T01:00Z', true],
  ['spring: 05:59 still is', [night], 'Europe/Berlin', '2026-03-29T03:59Z', true],
  ['spring: 06:00 is not', [night], 'Europe/Berlin', '2026-03-29T04:00Z', false],
  ['spring: from within the gap', [{ ...night, from: '02:30' }], 'Europe/Berlin', '2026-03-29T01:00Z', true],
  // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
  [
    'autumn: the first 02:30',
    [{ days: ['sun'], from: '02:15', to: '02:45' }],
    'Europe/Berlin',
    '2026-10-25T00:30Z',
    true,
  ],
  [
    'autumn: the second 02:30',
    [{ days: ['sun'], from: '02:15', to: '02:45' }],
    'Europe/Berlin',
    '2026-10-25T01:30Z',
    true,
  ],
  ['autumn: 06:00 is not', [night], 'Europe/Berlin', '2026-10-25T05:00Z', false],
  ['a zone of half hours', [{ days: ['fri'], from: '12:00', to: '12:30' }], 'Asia/Kolkata', '2026-11-27T06:45Z', true],
];

for (const [name, windows, zone, instant, expected] of cases) {
  test(name, (t) => {
    t.is(isWithin(windows, Date.parse(instant), zone), expected);
  });
}

test('over any year of any zone, a window and what is left of the week never hold at once, and one of them always does', (t) => {
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
  const zones = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];
  fc.assert(
    fc.property(
      time,
      time,
      fc.constantFrom(...zones),
      fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
      (from, to, zone, when) => {
        fc.pre(from !== to);
        const inside = isWithin([{ days: everyDay, from, to }], when.getTime(), zone);
        const outside = isWithin([{ days: everyDay, from: to, to: from }], when.getTime(), zone);
        return inside !== outside;
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

test('without a zone it is that of the machine', (t) => {
  const now = new Date(2026, 10, 27, 12, 30).getTime();
  t.true(isWithin([{ days: ['fri'], from: '12:30', to: '12:31' }], now));
});

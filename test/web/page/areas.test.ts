/** What the page's drawing becomes as settings. */
import test from 'ava';
import { parse } from 'yaml';
import {
  type Area,
  areasOf,
  changesOf,
  entered,
  freeName,
  troubleOf,
  yamlOf,
} from '../../../src/web/page/zones/areas.ts';

const square = [
  [0.1, 0.1],
  [0.5, 0.1],
  [0.5, 0.5],
  [0.1, 0.5],
] as const;
const drive: Area = { kind: 'zone', name: 'drive', points: square };
const gate: Area = {
  kind: 'line',
  name: 'gate',
  points: [
    [0, 0.5],
    [1, 0.5],
  ],
};
const tree: Area = { kind: 'mask', name: '1', points: square };

test('settings become areas', (t) => {
  t.deepEqual(
    areasOf({
      zones: { drive: { points: square } },
      lines: { gate: { from: [0, 0.5], to: [1, 0.5] } },
      masks: [square],
    }),
    [drive, gate, tree],
  );
  t.deepEqual(areasOf({}), []);
});

test('only what changed is set, and what is gone is taken back', (t) => {
  t.is(changesOf([drive, gate, tree], [drive, gate, tree]), undefined);
  const moved: Area = { ...drive, points: [...square.slice(0, 3), [0.2, 0.6]] };
  t.deepEqual(changesOf([drive, gate], [moved, gate]), { zones: { drive: { points: moved.points } } });
  t.deepEqual(changesOf([drive], [{ ...drive, name: 'path' }]), { zones: { path: { points: square }, drive: null } });
  t.deepEqual(changesOf([gate], []), { lines: { gate: null } });
  t.deepEqual(changesOf([tree], []), { masks: [] });
  t.deepEqual(changesOf([], [gate]), { lines: { gate: { from: [0, 0.5], to: [1, 0.5] } } });
});

test('what can not be an area is named', (t) => {
  t.is(troubleOf(drive), undefined);
  t.is(troubleOf({ ...drive, points: square.slice(0, 2) }), 'few');
  t.is(
    troubleOf({
      ...drive,
      points: [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
    }),
    'crosses',
  );
  t.is(troubleOf({ ...gate, points: [] }), 'few');
});

test('the YAML reads back as the same settings', (t) => {
  const read = parse(yamlOf('front', [drive, gate, tree])) as { cameras: { front: object } };
  t.deepEqual(areasOf(read.cameras.front), [drive, gate, tree]);
  t.deepEqual(parse(yamlOf('front', [])), { cameras: { front: {} } });
});

test('an event was in a zone when any of its places was', (t) => {
  t.true(
    entered(drive, [
      [0, 0.9, 0.9],
      [400, 0.3, 0.3],
    ]),
  );
  t.false(entered(drive, [[0, 0.9, 0.9]]));
  t.false(entered(drive, []));
});

test('a new area gets a name that is free', (t) => {
  t.is(freeName('zone', [drive, { ...drive, name: 'zone-1' }]), 'zone-2');
  t.is(freeName('mask', [tree]), '2');
});

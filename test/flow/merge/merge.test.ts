/** From looks at parts of a frame to what is in it: nothing twice, nothing halved, nothing lost. */
import test from 'ava';
import type { Detection } from '../../../src/flow/interpret/detection.ts';
import { isGroup } from '../../../src/flow/merge/groups.ts';
import type { LookResult } from '../../../src/flow/merge/look-result.ts';
import { mergeLooks } from '../../../src/flow/merge/merge.ts';
import { cutSides } from '../../../src/flow/merge/pieces.ts';
import { type Box, intersectionOverUnion } from '../../../src/geometry/boxes.ts';

const whole: Box = [0, 0, 1, 1];
const left: Box = [0, 0, 0.5, 1];
const right: Box = [0.4, 0, 0.9, 1];

const one = (box: Box, score = 0.8, label = 'person'): Detection => ({ label, score, box });
const look = (area: Box, ...detections: Detection[]): LookResult => ({ area, detections });
const merge = (...looks: LookResult[]) => mergeLooks(looks, { minScore: 0.5 }).detections;

test('one look at the whole frame stays as it is', (t) => {
  const found = [one([0.1, 0.1, 0.2, 0.4]), one([0.11, 0.1, 0.21, 0.4], 0.6)];
  t.deepEqual(
    merge(look(whole, ...found)),
    found.map((detection) => ({ ...detection, seenIn: [0] })),
  );
});

test('looks that show nothing, and no looks, are nothing', (t) => {
  t.deepEqual(merge(look(left), look(right)), []);
  t.deepEqual(merge(), []);
});

test('what two looks show is told once, with both of them, the better one first', (t) => {
  const [found, ...more] = merge(
    look(left, one([0.42, 0.3, 0.47, 0.6], 0.7)),
    look(right, one([0.421, 0.3, 0.471, 0.61], 0.9)),
  );
  t.deepEqual(more, []);
  t.deepEqual(found!.seenIn, [1, 0]);
  t.is(found!.score, 0.9);
  t.true(intersectionOverUnion(found!.box!, [0.42, 0.3, 0.47, 0.6]) > 0.9);
});

test('what may be a neighbour of what is told is handed on beside it, what lies on it closely is not', (t) => {
  const told = one([0.42, 0.3, 0.48, 0.6], 0.9);
  const doublesOf = (box: Box) => mergeLooks([look(left, told), look(right, one(box, 0.7))], { minScore: 0.5 }).doubles;
  t.deepEqual(doublesOf([0.421, 0.3, 0.481, 0.61]), []);
  const neighbour: Box = [0.438, 0.3, 0.498, 0.6];
  t.deepEqual(
    doublesOf(neighbour).map(({ box, seenIn }) => ({ box, seenIn })),
    [{ box: neighbour, seenIn: [1] }],
  );
});

test('what the edge of a region cuts yields to the whole of it, whatever the scores', (t) => {
  const [found, ...more] = merge(
    look(left, one([0.45, 0.3, 0.5, 0.6], 0.95)),
    look(right, one([0.45, 0.3, 0.55, 0.6], 0.6)),
  );
  t.deepEqual(more, []);
  t.deepEqual(found!.box, [0.45, 0.3, 0.55, 0.6]);
  t.is(found!.cut, undefined);
});

test('a piece that nobody shows whole is kept, and says where it is cut', (t) => {
  const [found] = merge(look(left, one([0.45, 0.3, 0.5, 0.6])), look([0.6, 0, 1, 1]));
  t.deepEqual(found!.cut, { right: true });
});

test('an object larger than any region: its two pieces become one', (t) => {
  const [found, ...more] = merge(
    look(left, one([0.1, 0.2, 0.5, 0.8], 0.7)),
    look(right, one([0.4, 0.22, 0.8, 0.79], 0.8)),
  );
  t.deepEqual(more, []);
  t.deepEqual(found!.box, [0.1, 0.2, 0.8, 0.8]);
  t.is(found!.cut, undefined);
  const three = merge(
    look([0, 0, 0.4, 1], one([0.05, 0.2, 0.4, 0.8])),
    look([0.3, 0, 0.7, 1], one([0.3, 0.2, 0.7, 0.8])),
    look([0.6, 0, 1, 1], one([0.6, 0.2, 0.95, 0.8])),
  );
  t.deepEqual(
    three.map(({ box }) => box),
    [[0.05, 0.2, 0.95, 0.8]],
  );
});

test('a piece yields to looks that hold what should go on behind the edge, and show nothing there', (t) => {
  const half = one([0.45, 0.3, 0.5, 0.6], 0.9);
  const holding: Box = [0.3, 0.1, 0.8, 0.7];
  t.deepEqual(merge(look(left, half), look(holding)), []);
  t.is(merge(look(left, half), look(holding, one([0.45, 0.3, 0.5, 0.6], 0.3))).length, 1, 'shown there, were it faint');
  t.is(merge(look(left, half), look([0.4, 0, 0.9, 0.55])).length, 1, 'its look cuts it as well');
  t.is(merge(look(left, one([0.45, 0.3, 0.5, 0.36])), look(whole)).length, 1, 'too small to be seen there');
  t.is(merge(look(left, half), look(holding, half), look([0.25, 0.05, 0.85, 0.75])).length, 1, 'as many show it');
});

test('two neighbours that an edge cuts are not joined to one that no look shows', (t) => {
  const [a, b]: [Box, Box] = [
    [0.3, 0.4, 0.44, 0.6],
    [0.42, 0.4, 0.56, 0.6],
  ];
  const pieces = [
    look([0, 0.2, 0.43, 0.7], one([0.3, 0.4, 0.43, 0.6])),
    look([0.425, 0.2, 0.9, 0.7], one([0.425, 0.4, 0.56, 0.6])),
  ];
  const found = merge(...pieces, look([0.2, 0.2, 0.7, 0.7], one(a), one(b)));
  t.deepEqual(found.map(({ box }) => box).sort(), [a, b]);
});

test('pieces of two objects at the same edge stay two', (t) => {
  const found = merge(
    look(left, one([0.4, 0.1, 0.5, 0.3]), one([0.4, 0.6, 0.5, 0.8])),
    look(right, one([0.4, 0.1, 0.55, 0.3]), one([0.4, 0.6, 0.55, 0.8])),
  );
  t.is(found.length, 2);
});

test('neighbours that overlap, told apart by one look, stay two', (t) => {
  const found = merge(
    look(left, one([0.1, 0.2, 0.2, 0.6], 0.9), one([0.13, 0.2, 0.23, 0.6], 0.8)),
    look(whole, one([0.1, 0.2, 0.2, 0.6], 0.7), one([0.13, 0.2, 0.23, 0.6], 0.7)),
  );
  t.is(found.length, 2);
});

test('another label in the same place is another object', (t) => {
  t.is(merge(look(left, one([0.1, 0.2, 0.3, 0.8])), look(whole, one([0.1, 0.2, 0.3, 0.8], 0.7, 'bicycle'))).length, 2);
});

test('head and shoulders in one look are the person of another', (t) => {
  const found = merge(look(left, one([0.1, 0.2, 0.2, 0.4], 0.9)), look(whole, one([0.1, 0.2, 0.2, 0.75], 0.8)));
  t.is(found.length, 1);
});

test('a small one in front of a large one is another object', (t) => {
  const found = merge(look(left, one([0.2, 0.5, 0.24, 0.62], 0.9)), look(whole, one([0.1, 0.1, 0.4, 0.9], 0.8)));
  t.is(found.length, 2);
});

test('a box around a group yields to those of whom it is made', (t) => {
  const people = [0.1, 0.15, 0.2, 0.25].map((x) => one([x, 0.3, x + 0.04, 0.5], 0.7));
  const found = merge(look(left, ...people), look(whole, one([0.1, 0.3, 0.29, 0.5], 0.9)));
  t.is(found.length, 4);
  t.true(isGroup({ label: 'person', box: [0.1, 0.3, 0.29, 0.5] }, people as { label: string; box: Box }[]));
});

test('a weak detection takes the place of no strong one, however whole it is', (t) => {
  const [best] = merge(look(left, one([0.45, 0.3, 0.5, 0.6], 0.6)), look(right, one([0.45, 0.3, 0.54, 0.6], 0.4)));
  t.is(best!.score, 0.6);
});

test('the frame cuts nothing that goes on: only the edge of a region inside it does', (t) => {
  t.is(cutSides([0, 0.2, 0.1, 0.5], left), undefined);
  t.deepEqual(cutSides([0.2, 0, 0.5, 1], left), { right: true });
  t.deepEqual(cutSides([0.4, 0.1, 0.9, 0.2], [0.4, 0.1, 0.9, 0.6]), { left: true, top: true, right: true });
});

test('classifications of a region have no box and pass', (t) => {
  t.deepEqual(merge(look(left, { label: 'rain', score: 0.7 }), look(right)), [
    { label: 'rain', score: 0.7, seenIn: [0] },
  ]);
});

test('whatever the looks are: sorted by score, boxes in the frame, and every label that was strong somewhere', (t) => {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 200; round++) {
    const looks = Array.from({ length: 1 + Math.floor(4 * random()) }, () => {
      const [x, y, side] = [0.6 * random(), 0.6 * random(), 0.2 + 0.2 * random()];
      const area: Box = [x, y, x + side, y + side];
      const found = Array.from({ length: Math.floor(5 * random()) }, () => {
        const [across, down] = [x + side * random() * 0.7, y + side * random() * 0.7];
        const box: Box = [across, down, across + side * 0.3, down + side * 0.3];
        return one(box, random(), random() < 0.5 ? 'person' : 'car');
      });
      return look(area, ...found);
    });
    const found = merge(...looks);
    for (let at = 1; at < found.length; at++) t.true(found[at - 1]!.score >= found[at]!.score);
    for (const { box, seenIn } of found) {
      t.true(box![0] >= 0 && box![3] <= 1 && box![0] < box![2] && box![1] < box![3]);
      t.true(seenIn!.length > 0 && seenIn!.every((at) => at < looks.length));
    }
    const strong = new Set(
      looks
        .flatMap(({ detections }) => detections)
        .filter(({ score }) => score >= 0.5)
        .map(({ label }) => label),
    );
    const told = new Set(found.filter(({ score }) => score >= 0.5).map(({ label }) => label));
    t.deepEqual([...told].sort(), [...strong].sort());
  }
});

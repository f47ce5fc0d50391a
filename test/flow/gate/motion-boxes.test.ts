/** Where something moves: connected blocks as boxes, upright, and without what lies in a mask. */
import test from 'ava';
import { countedFrame } from '../../../src/flow/capture/counted-frame.ts';
import type { RotationDeg } from '../../../src/flow/capture/frame.ts';
import { createMotionBoxes } from '../../../src/flow/gate/motion-boxes.ts';
import { createMotionGate } from '../../../src/flow/gate/motion-gate.ts';
import type { Box } from '../../../src/geometry/boxes.ts';
import type { Polygon } from '../../../src/geometry/polygon.ts';

function boxes(...rows: string[]) {
  const columns = rows[0]!.length;
  const moving = Uint8Array.from(rows.join(''), (one) => (one === '#' ? 1 : 0));
  return createMotionBoxes({ columns, rows: rows.length })(moving);
}

test('nothing that moves is no box', (t) => {
  t.deepEqual(boxes('...', '...'), []);
});

test('what hangs together is one box, corners included, the largest first', (t) => {
  t.deepEqual(boxes('#......', '.#...##', '.....##', '#......'), [
    { left: 5, top: 1, right: 7, bottom: 3, blocks: 4 },
    { left: 0, top: 0, right: 2, bottom: 2, blocks: 2 },
    { left: 0, top: 3, right: 1, bottom: 4, blocks: 1 },
  ]);
});

test('the end of a row hangs together with no beginning of the next', (t) => {
  t.is(boxes('..#', '...', '#..').length, 2);
  t.is(boxes('..#', '#..').length, 2);
});

test('a picture full of specks gives thirty-two boxes, and one that moves as a whole gives one', (t) => {
  const specks = Array.from({ length: 20 }, (_, row) => (row % 2 === 0 ? '#.'.repeat(20) : '.'.repeat(40)));
  t.is(boxes(...specks).length, 32);
  t.deepEqual(boxes('####', '####'), [{ left: 0, top: 0, right: 4, bottom: 2, blocks: 8 }]);
});

/** A grey picture of 320 x 240 with a light block, whose middle lies here, fractions of the picture as it is. */
function picture(atMs: number, block: readonly [number, number] | undefined, rotationDeg: RotationDeg) {
  const [widthPx, heightPx] = [320, 240];
  const bytes = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
  for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) bytes[y * widthPx + x] = 60;
  if (block !== undefined) {
    const [left, top] = [Math.round(block[0] * widthPx - 16), Math.round(block[1] * heightPx - 16)];
    for (let y = top; y < top + 32; y++) bytes.fill(220, y * widthPx + left, y * widthPx + left + 32);
  }
  const facts = { camera: 'front', sequence: 1, capturedAtMs: atMs, monotonicMs: atMs, format: 'yuv420' } as const;
  return countedFrame({ ...facts, widthPx, heightPx, rotationDeg, strideBytes: widthPx, bytes });
}

async function motionOf(rotationDeg: RotationDeg, masks: Polygon[] = []): Promise<readonly Box[]> {
  const gate = createMotionGate({ masks, lingerMs: 0, forcedLookMs: 60_000 });
  for (let at = 0; at < 20; at++) await gate.judge(picture(at * 200, undefined, rotationDeg));
  await gate.judge(picture(4200, [0.25, 0.2], rotationDeg));
  return gate.motion!.boxes;
}

for (const [rotationDeg, x, y] of [
  [0, 0.25, 0.2],
  [90, 0.8, 0.25],
  [180, 0.75, 0.8],
  [270, 0.2, 0.75],
] as const) {
  test(`what moves is told where it is in the picture as it is after a turn by ${rotationDeg} degrees`, async (t) => {
    const [box, ...more] = await motionOf(rotationDeg);
    t.deepEqual(more, []);
    const [x1, y1, x2, y2] = box!;
    t.true(Math.abs((x1 + x2) / 2 - x) < 0.03 && Math.abs((y1 + y2) / 2 - y) < 0.03, `${box}`);
    t.true(x2 - x1 < 0.25 && y2 - y1 < 0.25);
  });
}

test('what moves in a mask is not told, of a turned camera neither', async (t) => {
  t.deepEqual(
    await motionOf(0, [
      [
        [0, 0],
        [0.5, 0],
        [0.5, 0.5],
        [0, 0.5],
      ],
    ]),
    [],
  );
  t.deepEqual(
    await motionOf(90, [
      [
        [0.5, 0],
        [1, 0],
        [1, 0.5],
        [0.5, 0.5],
      ],
    ]),
    [],
  );
  t.is(
    (
      await motionOf(90, [
        [
          [0, 0],
          [0.5, 0],
          [0.5, 0.5],
          [0, 0.5],
        ],
      ])
    ).length,
    1,
  );
});

test('a light that is switched on says that all changed, and nothing of where', async (t) => {
  const gate = createMotionGate({ masks: [], lingerMs: 0, forcedLookMs: 60_000 });
  for (let at = 0; at < 20; at++) await gate.judge(picture(at * 200, undefined, 0));
  t.false(gate.motion!.all);
  const light = picture(4200, undefined, 0);
  for (let at = 0; at < 320 * 240; at++) light.bytes[at] = [200, 20, 120][Math.floor((at % 320) / 40) % 3]!;
  await gate.judge(light);
  t.true(gate.motion!.all);
});

import test from 'ava';
import { composeFarScene, personBox } from '../../../../src/workshop/bench/far/far-scene.ts';
import { viewAt } from '../../../../src/workshop/bench/sequences/scene.ts';

const person = {
  label: 'person',
  file: 'person.jpg',
  left: 0,
  top: 0,
  widthPx: 150,
  heightPx: 240,
  person: [1 / 6, 1 / 12, 5 / 6, 11 / 12],
  personHeightPx: 200,
} as const;
const stage = { persons: [person], backgrounds: ['empty.jpg'] };
const size = { widthPx: 1280, heightPx: 720, seconds: 20 };

test('persons are 20 to 240 pixels tall, and the same for the same seed', (t) => {
  const scenes = Array.from({ length: 20 }, (_, seed) => composeFarScene(stage, { ...size, seed }));
  const heights = scenes.flatMap(({ actors }) => actors.map(({ height }) => height * 720 * (200 / 240)));
  t.true(Math.min(...heights) >= 20 && Math.max(...heights) <= 240);
  t.true(heights.some((height) => height < 40) && heights.some((height) => height > 140));
  t.deepEqual(
    composeFarScene(stage, { ...size, seed: 3 }).actors.map(({ enters, width }) => [enters, width]),
    scenes[3]!.actors.map(({ enters, width }) => [enters, width]),
  );
});

test('the box of a person is smaller than the cut-out, and keeps its ratio on any frame', (t) => {
  const scene = composeFarScene(stage, { ...size, seed: 1 });
  const [actor] = scene.actors;
  const view = viewAt(scene, actor!.enters + 0.1).find((object) => object.actor === actor);
  const [x1, y1, x2, y2] = personBox(person, view!.wholeBox);
  t.true(Math.abs(((x2 - x1) * 1280) / ((y2 - y1) * 720) - 0.5) < 1e-9);
  t.true(y1 > view!.wholeBox[1] && y2 < view!.wholeBox[3]);
});

/** A street with about twenty people, filmed at 1280x720, through the real agent to a real mosquitto: with regions goby sees far. */
import { resolve } from 'node:path';
import { type Box, intersectionOverUnion } from '../../src/geometry/boxes.ts';
import { mosquittoNeeds, prepareMosquitto } from '../flow/publish/mosquitto.ts';
import { type Need, shared, testRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace } from './workplace.ts';

const film = 'videos/walk.mp4';

const needs: readonly Need[] = [
  { kind: 'runtime' },
  { kind: 'mirror' },
  { kind: 'shared', path: film },
  { kind: 'program', name: 'ffmpeg' },
  { kind: 'program', name: 'mosquitto_sub' },
  ...mosquittoNeeds,
];

interface Told {
  readonly frame: number;
  readonly detections: readonly {
    readonly label: string;
    readonly box: Box;
    readonly region?: { readonly box: Box; readonly reason: string };
    readonly held?: true;
    readonly event?: string;
  }[];
  readonly regions?: readonly { readonly box: Box; readonly reason: string }[];
}

/** Regions twice as wide as high share an inference, two at a time. Boxes are rounded. */
function fillsHalf([x1, y1, x2, y2]: Box): boolean {
  return Math.abs((1280 * (x2 - x1)) / (720 * (y2 - y1)) - 2) < 0.05;
}

testRequiring(needs, 'with regions persons are found that the whole frame alone misses', async (t) => {
  const source = {
    type: 'ffmpeg',
    input: resolve(shared(film)),
    ...{ widthPx: 1280, heightPx: 720, framesPerSecond: 2 },
  };
  const workplace = makeWorkplace({ cameras: {} });
  const broker = await prepareMosquitto(t, workplace.folder);
  await broker.start();
  const config = makeWorkplace({
    device: { id: 'test' },
    mqtt: { broker: broker.address },
    cameras: { far: { source }, near: { source, regions: { mode: 'off' } } },
    publish: { detections: 'all', maxPerSecond: 100 },
    snapshots: { enabled: false },
  });
  const observer = observe(broker.port);
  const agent = goby(['run', '--config', config.configFile], { env: config.env });
  t.teardown(async () => {
    await agent.end('SIGKILL');
    await observer.end();
    await broker.kill('SIGKILL');
    config.remove();
    workplace.remove();
  });
  await agent.line(/far: ended/);
  await agent.line(/near: ended/);
  await agent.end('SIGTERM');
  await observer.line(/^goby\/test\/state .*offline/);
  const told = (camera: string): Map<number, Told> =>
    new Map(
      observer.lines.flatMap((line) => {
        const [, payload] = new RegExp(`^goby/test/${camera}/detections (.*)$`).exec(line) ?? [];
        if (payload === undefined) return [];
        const one = JSON.parse(payload) as Told;
        return [[one.frame, one] as const];
      }),
    );
  const [far, near] = [told('far'), told('near')];

  // The cameras show the same frames, of which a loaded machine drops some.
  const both = [...far.keys()].filter((frame) => near.has(frame)).slice(2);
  t.true(both.length >= 3, `frames that both looked at: ${both.length}`);
  const persons = (one: Told) => one.detections.filter(({ label }) => label === 'person').map(({ box }) => box);
  const missedBy = (others: readonly Box[]) => (box: Box) =>
    others.every((other) => intersectionOverUnion(box, other) < 0.3);
  const onlyFar = both.map((frame) => persons(far.get(frame)!).filter(missedBy(persons(near.get(frame)!))));
  const onlyNear = both.map((frame) => persons(near.get(frame)!).filter(missedBy(persons(far.get(frame)!))));
  const count = (boxes: readonly Box[][]) => boxes.reduce((sum, { length }) => sum + length, 0) / both.length;
  t.log(`${both.length} frames; persons a frame that only one of them tells: ${count(onlyFar)} and ${count(onlyNear)}`);
  t.true(count(onlyFar) >= 2, 'at least two more in each frame');
  t.true(count(onlyFar) > 2 * count(onlyNear));

  // Whoever is told says where it was seen, or that it is known from before.
  const all = [...far.values()];
  for (const { detections, regions } of all) {
    const inferences = regions!.reduce((sum, { box }) => sum + (fillsHalf(box) ? 0.5 : 1), 0);
    t.true(inferences >= 1 && inferences <= 4, `${inferences} inferences`);
    for (const { box, region, held, event } of detections) {
      if (held) t.is(typeof event, 'string');
      else t.true(regions!.some((one) => JSON.stringify(one) === JSON.stringify(region)));
      t.true(box.every((side) => side >= 0 && side <= 1));
    }
  }
  t.true([...near.values()].every(({ regions }) => regions === undefined));
  const events = observer.lines.filter((line) => line.startsWith('goby/test/far/events '));
  t.true(events.some((line) => /"region":\{"box":\[[\d.,]+\],"reason":"\w+"\}/.test(line)));
});

/**
 * A scripted visit, as a user would see it: nobody, a person comes, stays, leaves; the broker is killed in the middle. One new,
 * updates, one end, the LED on and off, a picture, Home Assistant's device: and nothing lost.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { FaultProxy } from '../faults/fault-proxy.ts';
import { discoverySchema } from '../flow/publish/home-assistant/discovery-schema.ts';
import { mosquittoNeeds, startMosquitto } from '../flow/publish/mosquitto.ts';
import { observe } from '../flow/publish/observer.ts';
import { type Need, shared, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { goby } from './program.ts';
import { makeWorkplace } from './workplace.ts';

const needs: readonly Need[] = [{ kind: 'mirror' }, { kind: 'runtime' }, { kind: 'samples' }, ...mosquittoNeeds];
const widthPx = 640;
const heightPx = 480;
const framesPerSecond = 5;

interface ToldEvent {
  readonly type: 'new' | 'update' | 'end';
  readonly id: string;
  readonly label: string;
  readonly sequence: number;
  readonly replayed: boolean;
  readonly reason?: string;
  readonly start: string;
  readonly end?: string;
}

/** The street of one photo, and the person of another who walks into it, stands there, and goes. */
async function writePhotos(folder: string): Promise<void> {
  const photo = (name: string) => sharp(shared(`datasets/coco80/images/${name}.jpg`));
  const street = await photo('000000196610').resize(widthPx, heightPx, { fit: 'cover' }).jpeg().toBuffer();
  const person = await photo('000000253956')
    .extract({ left: 64, top: 87, width: 307, height: 543 })
    .resize({ height: 400 })
    .toBuffer();
  const lefts = [
    ...Array<undefined>(6).fill(undefined),
    ...Array.from({ length: 60 }, (_, index) => Math.min(150, 60 + 15 * index) + (index % 3)),
    ...Array<undefined>(25).fill(undefined),
  ];
  mkdirSync(folder);
  for (const [index, left] of lefts.entries()) {
    const bytes =
      left === undefined
        ? street
        : await sharp(street)
            .composite([{ input: person, left, top: 60 }])
            .jpeg()
            .toBuffer();
    writeFileSync(join(folder, `${String(index).padStart(3, '0')}.jpg`), bytes);
  }
}

testRequiring(
  needs,
  'a visit with the broker killed in the middle: one new, updates, one end, and nothing lost',
  async (t) => {
    const broker = await startMosquitto(t, temporaryFolder(t));
    const proxy = new FaultProxy(broker.port);
    await proxy.open();
    t.teardown(() => proxy.close());
    const photos = join(temporaryFolder(t), 'photos');
    await writePhotos(photos);
    const workplace = makeWorkplace({
      device: { id: 'test' },
      cameras: {
        front: {
          source: { type: 'folder', path: photos, framesPerSecond, loop: false },
          labels: ['person'],
          tracking: { stationaryHoldMs: 2000 },
        },
      },
      rules: [{ name: 'light', label: 'person', output: 'led' }],
      outputs: { led: { adapter: 'simulated', line: 'GPIO17' } },
      mqtt: { broker: proxy.address },
    });
    t.teardown(() => workplace.remove());
    const first = await observe(t, broker.address);
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    t.teardown(() => agent.end());
    const events = 'goby/test/front/events';
    const led = 'goby/test/output/led/state';
    await first.message(events);
    await first.message(led, (payload) => (payload as { state: string }).state === 'ON');
    const discovery = discoverySchema.parse(await first.message('homeassistant/device/goby_test/config'));
    t.is(discovery.components['front-person-presence']?.platform, 'binary_sensor');

    await broker.kill('SIGKILL');
    await proxy.close();
    await agent.line(/no session with .*ECONNREFUSED/);
    await first.end();
    await broker.start();
    const second = await observe(t, broker.address);
    await proxy.open();
    await second.message(events, (payload) => (payload as ToldEvent).type === 'end');
    await second.message(led, (payload) => (payload as { state: string }).state === 'OFF');
    await second.message('goby/test/front/object/person', (payload) => payload === 'OFF');

    const bySequence = new Map<number, ToldEvent>();
    for (const event of [...first.of(events), ...second.of(events)] as ToldEvent[]) {
      if (bySequence.has(event.sequence)) t.true(event.replayed, 'what comes twice says so');
      else bySequence.set(event.sequence, event);
    }
    const told = [...bySequence.values()];
    t.deepEqual(
      told.map(({ sequence }) => sequence),
      told.map((_, index) => index + 1),
      'nothing lost, in order',
    );
    t.deepEqual(new Set(told.map(({ id }) => id)).size, 1);
    t.deepEqual(
      told.map(({ type }) => type),
      ['new', ...Array<string>(told.length - 2).fill('update'), 'end'],
    );
    t.true(told.length >= 3, 'at least one update');
    t.is(told.at(-1)!.reason, 'gone');
    t.true(Date.parse(told.at(-1)!.end!) > Date.parse(told[0]!.start));

    const late = await observe(t, broker.address);
    const picture = 'goby/test/front/snapshot/person';
    await late.message(picture);
    t.true(late.heard.find(({ topic }) => topic === picture)!.retain);
    discoverySchema.parse(await late.message('homeassistant/device/goby_test/config'));
    t.is(await agent.end('SIGTERM'), 0);
  },
);

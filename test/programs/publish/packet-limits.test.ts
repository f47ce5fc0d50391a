/** Debian's mosquitto with a limit for packets or for payloads: events go on, and pictures go out as it takes them. */
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { mosquittoNeeds, startMosquitto } from '../../flow/publish/mosquitto.ts';
import { publisherUnderTest } from '../../flow/publish/observed-publisher.ts';
import { observe } from '../../flow/publish/observer.ts';
import { snapshotOf } from '../../flow/publish/pictures.ts';
import { eventOf } from '../../flow/publish/samples.ts';
import { until } from '../../flow/publish/waiting.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const picture = 'goby/pi/front/snapshot/person';
const events = 'goby/pi/front/events';

/** Says a picture and then a life of events, and waits until all events are with the broker. */
async function watchAPerson(t: ExecutionContext, address: string, mqtt: object, count = 20) {
  const under = publisherUnderTest(t, { address, mqtt });
  await under.status('connected');
  const snapshot = await snapshotOf();
  await under.publisher.snapshot(snapshot);
  for (let index = 0; index < count; index++) under.publisher.event(eventOf(`${index}`, { label: 'person' }));
  await until(
    () => `all events to be taken: ${JSON.stringify(under.publisher.report())}\n${under.log.slice(-8).join('\n')}`,
    () => under.publisher.report().waitingEvents === 0,
  );
  t.is(under.publisher.report().lostEventsTotal, 0);
  return { ...under, snapshot };
}

for (const protocolVersion of [4, 5] as const) {
  testRequiring(
    mosquittoNeeds,
    `mosquitto with max_packet_size, MQTT ${protocolVersion}: events go on, and the picture goes out smaller`,
    async (t) => {
      const broker = await startMosquitto(t, temporaryFolder(t), ['allow_anonymous true', 'max_packet_size 30000']);
      const { log, publisher, snapshot } = await watchAPerson(t, broker.address, { protocolVersion });
      // The observer takes what is retained, and is bound by the limit too.
      const observer = await observe(t, broker.address);
      await observer.message(picture);
      const { bytes } = observer.heard.find(({ topic }) => topic === picture)!;
      t.true(bytes.byteLength < 30_000 && bytes.byteLength < snapshot.jpeg.byteLength);
      const { width = 0, format } = await sharp(bytes).metadata();
      t.is(format, 'jpeg');
      t.true(width >= 64 && width < 640, `${width} px wide`);
      t.false(
        log.some((line) => line.includes('another client')),
        log.join('\n'),
      );
      t.true(log.some((line) => /picture|Picture/.test(line) && line.includes('smaller')));
      const before = log.length;
      await publisher.snapshot(await snapshotOf());
      publisher.event(eventOf('later', { label: 'person' }));
      await observer.message(events, (payload) => (payload as { id: string }).id === 'later');
      t.deepEqual(
        log.slice(before).filter((line) => line.includes('warn')),
        [],
        log.join('\n'),
      );
    },
  );

  testRequiring(
    mosquittoNeeds,
    `mosquitto with message_size_limit, MQTT ${protocolVersion}: what it drops or refuses keeps nothing else`,
    async (t) => {
      const broker = await startMosquitto(t, temporaryFolder(t), ['allow_anonymous true', 'message_size_limit 5000']);
      const { publisher } = await watchAPerson(t, broker.address, { protocolVersion });
      publisher.info({ text: 'x'.repeat(20_000) });
      publisher.event(eventOf('later', { label: 'person' }));
      await until('the event behind it', () => publisher.report().waitingEvents === 0);
      t.is(publisher.report().lostEventsTotal, 0);
    },
  );
}

testRequiring(mosquittoNeeds, 'MQTT 5: the limit is kept from the first packet on: no session ends', async (t) => {
  const broker = await startMosquitto(t, temporaryFolder(t), ['allow_anonymous true', 'max_packet_size 2000']);
  const { statuses, publisher, log } = await watchAPerson(t, broker.address, { protocolVersion: 5 });
  publisher.info({ text: 'x'.repeat(3000) });
  publisher.event(eventOf('much', { label: 'person', zones: Array.from({ length: 200 }, (_, at) => `zone-${at}`) }));
  await until('the event to be dealt with', () => publisher.report().waitingEvents === 0);
  t.is(publisher.report().lostEventsTotal, 1, 'an event that can never be taken is dropped and counted');
  t.deepEqual(
    statuses.filter(({ state }) => state === 'disconnected'),
    [],
  );
  t.regex(log.join('\n'), /goby\/pi\/info is left out: it takes 2000 bytes at most, and this has 30\d\d/);
});

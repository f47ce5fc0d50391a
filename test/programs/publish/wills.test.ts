/** Delayed wills of old sessions on Debian's mosquitto: "online" of the newest session has the last word. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { mosquittoNeeds, startMosquitto } from '../../flow/publish/mosquitto.ts';
import { publisherUnderTest } from '../../flow/publish/observed-publisher.ts';
import { observe } from '../../flow/publish/observer.ts';
import { until } from '../../flow/publish/waiting.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const topic = 'goby/pi/state';
const offline = '{"state":"offline"}';

/** What somebody who comes now is told. */
async function retainedState(t: ExecutionContext, address: string): Promise<unknown> {
  const late = await observe(t, address);
  return ((await late.message(topic)) as { state: string }).state;
}

/** A session of an earlier goby, whose network has gone without a word: its broker publishes the will when it likes. */
async function oldSession(t: ExecutionContext, address: string, clientId: string, willDelayInterval: number) {
  const client = await connectAsync(address, {
    protocolVersion: 5,
    clientId,
    clean: true,
    reconnectPeriod: 0,
    properties: { sessionExpiryInterval: 60 },
    will: { topic, payload: Buffer.from(offline), qos: 1, retain: true, properties: { willDelayInterval } },
  });
  t.teardown(() => client.endAsync(true));
  client.on('error', () => undefined);
  return client;
}

for (const protocolVersion of [4, 5] as const) {
  testRequiring(
    mosquittoNeeds,
    `MQTT ${protocolVersion}: a delayed will of another session comes after "online", and doesn't stay`,
    async (t) => {
      const { address } = await startMosquitto(t, temporaryFolder(t));
      const observer = await observe(t, address);
      const old = await oldSession(t, address, 'goby-of-before', 1);
      old.stream.destroy();
      const { status } = publisherUnderTest(t, { address, mqtt: { protocolVersion } });
      await status('connected');
      await until('the old will', () =>
        observer.of(topic).some((one) => (one as { state: string }).state === 'offline'),
      );
      await until('"online" after it', () => (observer.of(topic).at(-1) as { state: string }).state === 'online');
      t.is(await retainedState(t, address), 'online');
    },
  );

  testRequiring(
    mosquittoNeeds,
    `MQTT ${protocolVersion}: a session that takes over the id of an old one is online whatever becomes of its will`,
    async (t) => {
      const { address } = await startMosquitto(t, temporaryFolder(t));
      await oldSession(t, address, 'goby-pi', 1);
      const { status, publisher } = publisherUnderTest(t, { address, mqtt: { protocolVersion } });
      await status('connected');
      // Longer than the delay of the will.
      await pause(2500);
      t.is(await retainedState(t, address), 'online');
      await publisher.stop();
      t.is(await retainedState(t, address), 'offline');
    },
  );
}

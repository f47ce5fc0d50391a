/** The whole agent on mosquitto, as Home Assistant sees it: what it is shown, what is cleared, what comes before what. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { discoverySchema } from '../flow/publish/home-assistant/discovery-schema.ts';
import { mosquittoNeeds, startMosquitto } from '../flow/publish/mosquitto.ts';
import { observe } from '../flow/publish/observer.ts';
import { type Need, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { goby } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }, ...mosquittoNeeds];

testRequiring(
  needs,
  'Home Assistant is shown one device, with pictures before events, and nothing of the past',
  async (t) => {
    const mosquitto = await startMosquitto(t, temporaryFolder(t));
    const observer = await observe(t, mosquitto.address);
    const workplace = makeWorkplace({
      ...samplesConfig,
      mqtt: { broker: mosquitto.address },
      device: { id: 'test', name: 'Front door' },
      publish: { ...samplesConfig.publish, frigate: { enabled: true } },
      controls: { night: {} },
    });
    t.teardown(() => workplace.remove());
    // What an agent that was killed left on the broker, and remembers.
    const left = ['goby/test/back/object/face', 'goby/test/front/object/face', 'goby/test/front/object/face/count'];
    writeFileSync(join(workplace.folder, 'state', 'retained.json'), JSON.stringify(left));
    for (const topic of left) await observer.send(topic, topic.endsWith('count') ? '3' : 'ON', { retain: true });

    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    t.teardown(() => agent.end());
    const discovery = discoverySchema.parse(await observer.message('homeassistant/device/goby_test/config'));
    t.is(discovery.device.name, 'Front door');
    const wanted = {
      'front-face-presence': 'binary_sensor',
      'front-face-event': 'event',
      'front-face-snapshot': 'image',
      'front-take-snapshot': 'button',
      'output-led': 'switch',
      'control-night': 'switch',
      'control-front-min-score': 'number',
      restart: 'button',
      backend: 'sensor',
    };
    for (const [id, platform] of Object.entries(wanted)) t.is(discovery.components[id]?.platform, platform, id);

    await observer.message('goby/test/back/object/face', (payload) => payload === '');
    const presence = 'goby/test/front/object/face';
    await observer.message(presence, (payload) => payload === 'OFF');
    await observer.message('goby/test/front/events');
    await observer.message('frigate/events');
    const topics = observer.heard.map(({ topic }) => topic);
    t.true(topics.indexOf('goby/test/front/snapshot/face') < topics.indexOf('goby/test/front/events'));
    t.true(topics.indexOf('frigate/front/face/snapshot') < topics.indexOf('frigate/events'));
    const said = observer.of(presence);
    t.true(said.indexOf('OFF') < said.lastIndexOf('ON'), 'cleared, then present');

    // What is shown follows a setting at once, not with the next telemetry, which comes after an hour from now on.
    await observer.send('goby/test/request/config-set', '{"key":"publish.telemetryIntervalMs","value":3600000}');
    await observer.message('homeassistant/device/goby_test/config', (payload) => {
      const { components } = discoverySchema.parse(payload);
      return (components['outbox'] as { expire_after?: number } | undefined)?.expire_after === 10_800;
    });

    await observer.send('goby/test/control/front-min-score/set', '0.9');
    await observer.message(
      'goby/test/control/front-min-score/state',
      (payload) => (payload as { state: number }).state === 0.9,
    );
    await observer.send('goby/test/request/snapshot', '{"camera":"front"}');
    await observer.message('goby/test/front/snapshot');

    await agent.end('SIGKILL');
    await observer.message('goby/test/state', (payload) => (payload as { state: string }).state === 'offline');
    await observer.message('frigate/available', (payload) => payload === 'offline');

    // A new observer gets the picture as Home Assistant would after its own restart: retained, and a whole JPEG.
    const late = await observe(t, mosquitto.address);
    await late.message('goby/test/front/snapshot/face');
    const { bytes } = late.heard.find(({ topic }) => topic === 'goby/test/front/snapshot/face')!;
    const { format, width } = await sharp(bytes).metadata();
    t.is(format, 'jpeg');
    t.true(width! > 100);
  },
);

/** The threshold of each camera as a control: a change of settings, taken back when those refuse it. */
import test from 'ava';
import { addThresholds } from '../../src/agent/controls.ts';
import type { SettingsListener } from '../../src/agent/settings/settings.ts';
import { configSchema } from '../../src/config/schema.ts';
import { InputError } from '../../src/errors.ts';
import type { ControlReading } from '../../src/flow/control/control.ts';
import { createControls } from '../../src/flow/control/controls.ts';
import { createLogger } from '../../src/logger.ts';
import { until } from '../flow/publish/waiting.ts';

const config = configSchema.parse({ cameras: { front: { minScore: 0.4 }, back: {} } });

function underTest(refusal?: InputError) {
  const controls = createControls();
  const told: ControlReading[] = [];
  const asked: unknown[] = [];
  const log: string[] = [];
  const listeners: SettingsListener[] = [];
  addThresholds({
    controls,
    config,
    settings: {
      onChange: (listener) => listeners.push(listener),
      change: async (changes: object, by: string) => {
        asked.push([changes, by]);
        if (refusal) throw refusal;
        return { changed: {}, restartRequired: false };
      },
    },
    logger: createLogger({ part: 'x', threshold: { level: 'info' }, format: 'text', write: (line) => log.push(line) }),
  });
  controls.onChange((reading) => told.push(reading));
  return {
    controls,
    told,
    asked,
    log,
    change: (cameras: object) => {
      for (const listener of listeners) listener(configSchema.parse({ cameras }), config);
    },
  };
}

test('each camera has a number from 0 to 1, which stands where minScore does', (t) => {
  const { controls } = underTest();
  t.deepEqual(
    controls.list().map(({ name, kind, value }) => [name, kind, value]),
    [
      ['front-min-score', 'number', 0.4],
      ['back-min-score', 'number', 0.5],
    ],
  );
});

test('setting it changes the setting, and is told once that counts', (t) => {
  const { controls, asked, told, change } = underTest();
  controls.set('front-min-score', 0.7, 'MQTT');
  t.deepEqual(asked, [[{ cameras: { front: { minScore: 0.7 } } }, 'the control front-min-score']]);
  t.deepEqual(told, []);
  change({ front: { minScore: 0.7 }, back: {} });
  t.like(told.at(-1), { name: 'front-min-score', value: 0.7 });
  t.throws(() => controls.set('front-min-score', 1.5, 'MQTT'), { instanceOf: InputError });
});

test('what the settings refuse is never told as the state', async (t) => {
  const { controls, told, log } = underTest(new InputError('The disk is full: overrides.yaml could not be written.'));
  controls.set('front-min-score', 0.7, 'MQTT');
  await until('it is in the log', () => /disk is full/.test(log.join('\n')));
  t.deepEqual(told, []);
  t.is(controls.get('front-min-score')?.value, 0.4);
});

test('a change of the configuration moves the control', (t) => {
  const { controls, told, asked, change } = underTest();
  change({ front: { minScore: 0.25 }, back: {} });
  t.is(controls.get('front-min-score')?.value, 0.25);
  t.is(told.length, 1);
  t.deepEqual(asked, []);
});

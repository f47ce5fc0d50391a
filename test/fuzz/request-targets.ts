/** What anybody may send over MQTT: simple requests, and changes of settings with all that stands behind them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { configRequests } from '../../src/agent/requests/config-requests.ts';
import { createRequestTable } from '../../src/flow/publish/requests.ts';
import { topicsFor } from '../../src/flow/publish/topics.ts';
import { createLogger } from '../../src/logger.ts';
import { settingsUnderTest } from '../agent/settings/settings-under-test.ts';
import type { FuzzTarget } from './targets.ts';

const topics = topicsFor({ prefix: 'goby', deviceId: 'pi' });

type Requests = NonNullable<Parameters<typeof createRequestTable>[0]['handlers']['requests']>;

/** A table whose last answer can be read. A bug that the table had to catch is a failure here. */
function tableFor(requests: Requests) {
  let nowMs = 0;
  let answer = '';
  const bugs: string[] = [];
  const table = createRequestTable({
    topics,
    logger: createLogger({
      part: 'fuzz',
      threshold: { level: 'error' },
      format: 'text',
      write: (line) => bugs.push(line),
    }),
    handlers: { info: () => ({}), setOutput: () => undefined, setControl: () => undefined, requests },
    respond: ({ payload }) => {
      answer = JSON.stringify(JSON.parse(String(payload)));
    },
    // Never too many in a minute.
    now: () => {
      nowMs += 60_000;
      return nowMs;
    },
  });
  return {
    /** The topic up to the first new line, then the payload. */
    take: (bytes: Buffer): void => {
      const at = Math.max(0, bytes.indexOf(0x0a));
      answer = '';
      table.take(bytes.toString('utf8', 0, at), bytes.subarray(at + 1), false);
    },
    answer: (): string => {
      if (bugs.length > 0) throw new Error(bugs.splice(0).join('\n'));
      return answer;
    },
  };
}

export function commandTarget(): FuzzTarget {
  const table = tableFor({});
  const inputs = [
    'goby/pi/request/ping\n{"transaction":"abc"}',
    'goby/pi/request/info\n{"transaction":17}',
    'goby/pi/output/led/set\n{"state":"ON","transaction":"x"}',
    'goby/pi/control/night/set\n0.5',
    'goby/pi/output/led/set\nOFF',
  ];
  return {
    seeds: inputs.map((text) => Buffer.from(text)),
    run: (bytes) => {
      table.take(bytes);
      return table.answer() || 'no answer';
    },
  };
}

/** A change that is taken has to prove itself; time passes until it has. */
export function settingsTarget(folder: string): FuzzTarget {
  const own = join(folder, 'settings');
  mkdirSync(own, { recursive: true });
  const file = 'cameras: { camera: { zones: { porch: { points: [[0, 0], [1, 0], [1, 1]] } } } }';
  const world = settingsUnderTest({ file, folder: own });
  const table = tableFor(configRequests(world.settings));
  const inputs = [
    '{"key":"cameras.camera.minScore","value":0.6}',
    '{"key":"rules","value":[{"name":"alert","label":"person","output":"led"}]}',
    '{"key":"cameras.camera.zones.porch.points","value":[[0.1,0.1],[0.9,0.1],[0.5,0.9]]}',
    '{"config":{"cameras":{"camera":{"labels":["person","cat"],"holdMs":500}},"log":{"level":"debug"}}}',
    '{"config":{"cameras":{"camera":{"filters":{"person":{"minScore":0.6,"maxArea":0.5}}}}},"transaction":"t"}',
    '{"key":"publish.detections","value":null}',
  ];
  return {
    seeds: [
      ...inputs.map((text) => Buffer.from(`goby/pi/request/config-set\n${text}`)),
      Buffer.from('goby/pi/request/config-get\n{"key":"cameras.camera.minScore"}'),
    ],
    run: async (bytes) => {
      table.take(bytes);
      for (let waits = 0; table.answer() === '' && waits < 10; waits++) {
        await turn();
        await world.pass(3500);
      }
      return table.answer() || 'no answer';
    },
  };
}

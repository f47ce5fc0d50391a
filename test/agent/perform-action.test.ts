/** What is logged of snapshots that rules ask for and that can't be taken: the reason, once. */
import test from 'ava';
import { createPerformAction } from '../../src/agent/perform-action.ts';
import { UnavailableError } from '../../src/errors.ts';
import type { Snapshot } from '../../src/flow/snapshot/snapshot.ts';
import { createLogger } from '../../src/logger.ts';
import { eventOf } from '../flow/publish/samples.ts';

test('a rule that fires a hundred times logs why its snapshots fail once, and again after one was taken', async (t) => {
  const log: string[] = [];
  let trouble: string | undefined = 'no place';
  const picture: Snapshot = { camera: 'front', jpeg: new Uint8Array(), capturedAtMs: 0 };
  const perform = createPerformAction({
    outputs: { apply: () => undefined },
    publisher: { alert: () => undefined },
    notifier: { notify: () => undefined },
    snapshots: { take: async () => (trouble === undefined ? picture : Promise.reject(new UnavailableError(trouble))) },
    logger: createLogger({
      part: 'rules',
      threshold: { level: 'info' },
      format: 'text',
      write: (line) => log.push(line.slice(13)),
    }),
  });
  const fire = async (rule: string, times: number) => {
    for (let count = 0; count < times; count++)
      perform({ kind: 'snapshot', rule, event: eventOf('1'), reason: 'seen' });
    await new Promise((resolve) => setImmediate(resolve));
  };
  await fire('visitor', 100);
  await fire('cat', 100);
  t.deepEqual(log, ['warn  rules: The rule visitor: no place', 'warn  rules: The rule cat: no place']);
  trouble = 'no frame';
  await fire('visitor', 50);
  t.is(log.length, 3, 'another reason is told');
  trouble = undefined;
  await fire('visitor', 1);
  trouble = 'no frame';
  await fire('visitor', 50);
  t.is(log.length, 4, 'it had worked between');
});

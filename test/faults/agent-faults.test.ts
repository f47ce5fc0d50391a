/** A short run of the worker's and the camera's faults; see outbox-faults.test.ts. */
import { type Need, serialTestRequiring } from '../requiring.ts';
import { agentFaults } from './agent-faults.ts';
import { isGood } from './result.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto' }];

for (const name of ['worker-garbage', 'camera-stalled', 'camera-floods', 'state-disk-full']) {
  serialTestRequiring(
    name === 'state-disk-full' ? [...needs, { kind: 'small-disk' }] : needs,
    `${name}: nothing is lost, and detections go on`,
    async (t) => {
      const row = await agentFaults[name]!(1, () => undefined);
      t.true(isGood(row), JSON.stringify(row));
    },
  );
}

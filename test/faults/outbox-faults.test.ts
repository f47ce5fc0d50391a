/** A short run of the faults that `npm run test:faults` has in full: nothing lost, nothing out of order, duplicates marked. */
import { type Need, serialTestRequiring } from '../requiring.ts';
import { outboxFaults } from './outbox-faults.ts';
import { isGood } from './result.ts';

const needs: readonly Need[] = [
  { kind: 'program', name: 'mosquitto' },
  { kind: 'program', name: 'prlimit' },
];

for (const [name, fault] of Object.entries(outboxFaults)) {
  serialTestRequiring(
    name === 'disk-full' ? [...needs, { kind: 'small-disk' }] : needs,
    `${name}: nothing is lost`,
    async (t) => {
      const row = await fault(name.endsWith('-killed') ? 2 : 1, () => undefined);
      t.true(isGood(row), JSON.stringify(row));
      t.true(row.received > 20);
    },
  );
}

/** Two minutes of `npm run soak -- --page`: ten viewers, one of them stalled; memory of the agent and of the tab stays. */

import { testRequiring } from '../../requiring.ts';
import { growthBytes, mostGrowth, soakPage } from '../../soak/page-soak.ts';
import { chromiumProgram } from './browser.ts';

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: chromiumProgram }],
  'two minutes open with ten viewers, one of them stalled: nothing grows, and the tab comes back when it is cut off',
  async (t) => {
    t.timeout(300_000);
    const scope = { teardown: (end: () => unknown) => t.teardown(async () => void (await end())) };
    const { samples, reconnects, reopened, pictures, lastPictureAgeMs, complaints } = await soakPage(scope, {
      seconds: 120,
      cutEverySeconds: 40,
    });
    const growth = (value: (sample: (typeof samples)[number]) => number) => growthBytes(samples, value);
    const told = {
      agent: growth(({ agentBytes }) => agentBytes),
      tab: growth(({ tabBytes }) => tabBytes),
      heap: growth(({ heapBytes }) => heapBytes),
      elements: growth(({ nodes }) => nodes),
    };
    t.log(JSON.stringify({ told, reconnects, reopened, pictures, lastPictureAgeMs }));
    t.true(told.agent < mostGrowth.agentBytes);
    t.true(told.tab < mostGrowth.tabBytes);
    t.true(told.heap < mostGrowth.heapBytes);
    t.true(told.elements < 50);
    t.true(reconnects >= 2);
    t.deepEqual(complaints, []);
    // The one that reads nothing gets what the network holds, and takes nothing from the others.
    const [stalled, ...reading] = pictures.toReversed();
    t.true(Math.min(...reading) > 100, pictures.join());
    t.true(stalled! < 100, pictures.join());
    t.true(lastPictureAgeMs < 10_000);
  },
);

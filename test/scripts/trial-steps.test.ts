import test from 'ava';
import { TrialSteps } from '../../scripts/guest/trial-steps.ts';

test('a step that fails is told, the rest are still tried, and what stands on it is not', async (t) => {
  const told: string[] = [];
  const steps = new TrialSteps((line) => told.push(line));
  t.true(await steps.take('boots', async () => '12 s'));
  t.false(
    await steps.take('gets ready', async () => {
      throw new Error('no line\nlast lines');
    }),
  );
  let tried = false;
  const detect = async () => {
    tried = true;
    return '';
  };
  t.false(await steps.take('detects', detect, { needs: ['boots', 'gets ready'] }));
  t.false(tried);
  t.true(await steps.take('goes down', async () => '', { needs: ['boots'] }));

  t.deepEqual(steps.counts, { passed: 2, failed: 2 });
  t.regex(told[1]!, /^✘ .* gets ready: no line\n {4}last lines$/);
  t.regex(told[2]!, /^✘ .* detects: not tried, as this went wrong: gets ready$/);
  const lines = steps.table.split('\n');
  t.is(lines.length, 5);
  t.regex(lines[0]!, /^✔ +\d+\.\d s {2}boots: 12 s$/);
  t.regex(lines[1]!, /gets ready: no line \.\.\.$/);
  t.is(lines[4], '2 passed, 2 failed');
});

/** The real engine, its worker process and the real library keep the promises that the fake one keeps in the tests of the core. */
import { kill } from 'node:process';
import { engineContract } from '../../flow/infer/engine-contract.ts';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { serialTestRequiring } from '../../requiring.ts';

const contract = engineContract((t) => {
  const { engine } = engineUnderTest(t);
  return { engine, lose: () => kill(engine.workerPids()[0]!, 'SIGKILL') };
});
for (const [title, body] of contract) serialTestRequiring([{ kind: 'runtime' }], title, body);

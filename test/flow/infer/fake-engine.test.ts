/** The fake engine keeps the promises of the real one. */
import test from 'ava';
import { FakeEngine } from '../../fakes/engine.ts';
import { engineContract } from './engine-contract.ts';

const contract = engineContract(() => {
  const engine = new FakeEngine();
  return {
    engine,
    lose: () => {
      engine.lose();
      setImmediate(() => engine.find());
    },
  };
});
for (const [title, body] of contract) test(title, body);

/** Counts the inferences that are waited for: a worker that nobody asks owes no progress. */
import type { Engine } from './engine.ts';

export interface CountedInference extends Pick<Engine, 'load' | 'unload' | 'infer'> {
  readonly isIdle: boolean;
}

export function countInferences(engine: Pick<Engine, 'load' | 'unload' | 'infer'>): CountedInference {
  let inFlight = 0;
  return {
    load: (pair) => engine.load(pair),
    unload: (model) => engine.unload(model),
    infer: async (...request) => {
      inFlight += 1;
      try {
        return await engine.infer(...request);
      } finally {
        inFlight -= 1;
      }
    },
    get isIdle() {
      return inFlight === 0;
    },
  };
}

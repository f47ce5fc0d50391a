/** All passes in their order. */
import type { Graph } from '../graph.ts';
import { fuseActivations, joinClamps, spellOutClamps } from './activations.ts';
import { foldIntoWeights } from './fold-into-weights.ts';
import { fuseHardSwish } from './hard-swish.ts';
import { dropUnneeded, fusePadding, giveBiases, joinReshapes } from './layout.ts';
import { moveTransposes } from './move-transposes.ts';
import type { Pass } from './rewriting.ts';

const folding: readonly Pass[] = [dropUnneeded, moveTransposes, dropUnneeded, foldIntoWeights];

const tidying: readonly Pass[] = [
  joinClamps,
  fuseHardSwish,
  fuseActivations,
  fusePadding,
  joinReshapes,
  spellOutClamps,
  dropUnneeded,
  giveBiases,
];

const through = (passes: readonly Pass[], graph: Graph): Graph => passes.reduce((now, pass) => pass(now), graph);

/** The graph as it computes, with all that is constant folded. */
export const fold = (graph: Graph): Graph => through(folding, graph);

/** The same results with as few nodes as the passes can make of a folded graph. */
export const tidy = (graph: Graph): Graph => through(tidying, graph);

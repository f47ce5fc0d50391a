/** All passes in their order. */
import type { Graph } from '../graph.ts';
import { fuseActivations, joinClamps, spellOutClamps } from './activations.ts';
import { foldIntoWeights } from './fold-into-weights.ts';
import { dropUnneeded, fusePadding, giveBiases, joinReshapes } from './layout.ts';
import type { Pass } from './rewriting.ts';

const passes: readonly Pass[] = [
  dropUnneeded,
  foldIntoWeights,
  joinClamps,
  fuseActivations,
  fusePadding,
  joinReshapes,
  spellOutClamps,
  dropUnneeded,
  giveBiases,
];

/** The graph with the same results and as few nodes as the passes can make of it. */
export function simplify(graph: Graph): Graph {
  return passes.reduce((current, pass) => pass(current), graph);
}

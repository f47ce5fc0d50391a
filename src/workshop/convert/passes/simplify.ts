/** All passes in their order. */
import type { Graph } from '../graph.ts';
import { fuseActivations, joinClamps, spellOutClamps } from './activations.ts';
import { foldDilations } from './fold-dilations.ts';
import { foldIntoWeights } from './fold-into-weights.ts';
import { fuseHardSwish } from './hard-swish.ts';
import { dropUnneeded, fusePadding, giveBiases, joinReshapes } from './layout.ts';
import { moveTransposes } from './move-transposes.ts';
import type { Pass } from './rewriting.ts';

const folding: readonly Pass[] = [foldDilations, dropUnneeded, moveTransposes, dropUnneeded, foldIntoWeights];

const tidying: readonly Pass[] = [fuseActivations, fusePadding, joinReshapes, spellOutClamps, dropUnneeded, giveBiases];

const through = (passes: readonly Pass[], graph: Graph): Graph => passes.reduce((now, pass) => pass(now), graph);

/** The graph as it computes, with all that is constant folded. */
export const fold = (graph: Graph): Graph => through(folding, graph);

/** The same results with as few nodes as the passes can make of a folded graph. */
export const tidy = (graph: Graph): Graph => through([joinClamps, fuseHardSwish, ...tidying], graph);

/**
 * The same for 8 bits. Hard swish stays in its parts: XNNPACK of TensorFlow Lite 2.9 takes these and not the operator, which splits
 * the model at each: MobileNet V3 small took 55 ms in place of 3 on x86-64.
 */
export const tidyForEightBits = (graph: Graph): Graph => through([joinClamps, ...tidying], graph);

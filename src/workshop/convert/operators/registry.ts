/** All families together: which node of TensorFlow is imported how, and which of the converter's is written how. */
import type { Node } from '../graph.ts';
import { activationImporters, emitClamp, emitLeakyRelu, emitSoftmax, emitUnary } from './activation.ts';
import { arithmeticImporters, emitBinary } from './arithmetic.ts';
import { composedImporters } from './composed.ts';
import { convolutionImporters, emitConvolution } from './convolution.ts';
import { denseImporters, emitDense } from './dense.ts';
import { dilationImporters, emitBatches, emitDepth } from './dilation.ts';
import { fakeQuantImporters } from './fake-quant.ts';
import type { Emitter, Importers, OperatorDraft } from './family.ts';
import { knownImporters } from './known.ts';
import {
  emitConcatenation,
  emitMirrorPad,
  emitPad,
  emitReshape,
  emitResize,
  emitTranspose,
  layoutImporters,
} from './layout.ts';
import { normalisationImporters } from './normalisation.ts';
import { emitExtreme, emitMean, emitPool, poolingImporters } from './pooling.ts';
import { emitSlice, sliceImporters } from './slices.ts';
import { emitTransposed, transposedImporters } from './transposed.ts';

export const importers: Importers = {
  ...convolutionImporters,
  ...normalisationImporters,
  ...activationImporters,
  ...arithmeticImporters,
  ...denseImporters,
  ...poolingImporters,
  ...layoutImporters,
  ...sliceImporters,
  ...knownImporters,
  ...fakeQuantImporters,
  ...dilationImporters,
  ...composedImporters,
  ...transposedImporters,
};

const emitters: { readonly [Kind in Node['kind']]: Emitter<Kind> } = {
  convolution: emitConvolution,
  depthwise: emitConvolution,
  transposedConvolution: emitTransposed,
  dense: emitDense,
  binary: emitBinary,
  unary: emitUnary,
  clamp: emitClamp,
  leakyRelu: emitLeakyRelu,
  softmax: emitSoftmax,
  pool: emitPool,
  mean: emitMean,
  reshape: emitReshape,
  transpose: emitTranspose,
  concatenation: emitConcatenation,
  pad: emitPad,
  mirrorPad: emitMirrorPad,
  spaceToBatch: emitBatches,
  batchToSpace: emitBatches,
  depthToSpace: emitDepth,
  spaceToDepth: emitDepth,
  extreme: emitExtreme,
  slice: emitSlice,
  resize: emitResize,
};

export function emitNode(node: Node, isQuantized: boolean): OperatorDraft {
  // The table's type says that each emitter takes its own kind; TypeScript can't follow that through the lookup.
  const emit = emitters[node.kind] as (node: Node, isQuantized: boolean) => OperatorDraft;
  return emit(node, isQuantized);
}

/** Pictures taken apart into a batch of smaller ones and put together again: how TensorFlow 1 wrote dilated convolutions. */
import { InputError } from '../../../errors.ts';
import { type GraphNode, numberOf } from '../graph-def.ts';
import { shapeText } from '../shapes.ts';
import {
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
  integers,
  numbersAt,
} from './family.ts';

interface Blocks {
  readonly block: readonly [number, number];
  /** Before and behind, of rows and of columns. */
  readonly edges: readonly [readonly [number, number], readonly [number, number]];
}

/** The older operators have one size of a block as an attribute, the newer (ND) one a dimension as an input. */
function blocksOf(call: ImportCall): Blocks {
  const { node, inputs } = call;
  const isOlder = !node.op.endsWith('ND');
  const side = numberOf(node, 'block_size', 1);
  const block = isOlder ? [side, side] : numbersAt(call, 1);
  const flat = numbersAt(call, isOlder ? 1 : 2);
  const isUsable = block.length === 2 && flat.length === 4 && block.every((size) => size >= 1);
  if (!isUsable || inputs[0]?.shape.length !== 4) {
    throw new InputError(`${node.name} (${node.op}) doesn't go over the rows and columns of a picture.`);
  }
  const [a, b, c, d] = flat as [number, number, number, number];
  return {
    block: block as [number, number],
    edges: [
      [a, b],
      [c, d],
    ],
  };
}

function checked(node: GraphNode, shape: readonly number[], from: readonly number[]): readonly number[] {
  if (shape.every((size) => Number.isInteger(size) && size > 0)) return shape;
  throw new InputError(`${node.name} (${node.op}) can't divide ${shapeText(from)} into its blocks.`);
}

const importApart: Importer = (call) => {
  const input = inputAt(call, 0);
  const { block, edges } = blocksOf(call);
  const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
  const sides = [height, width].map((size, at) => (size + edges[at]![0] + edges[at]![1]) / block[at]!);
  const shape = checked(call.node, [batch * block[0] * block[1], ...sides, channels], input.shape);
  return call.add({ kind: 'spaceToBatch', inputs: [input], block, edges }, shape);
};

const importTogether: Importer = (call) => {
  const input = inputAt(call, 0);
  const { block, edges } = blocksOf(call);
  const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
  const sides = [height, width].map((size, at) => size * block[at]! - edges[at]![0] - edges[at]![1]);
  const shape = checked(call.node, [batch / (block[0] * block[1]), ...sides, channels], input.shape);
  return call.add({ kind: 'batchToSpace', inputs: [input], block, edges }, shape);
};

/** Channels that become rows and columns, and back. */
const importDepth =
  (kind: 'depthToSpace' | 'spaceToDepth'): Importer =>
  (call) => {
    const input = inputAt(call, 0);
    const block = numberOf(call.node, 'block_size', 2);
    const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
    const by = kind === 'depthToSpace' ? block : 1 / block;
    const shape = checked(call.node, [batch, height * by, width * by, channels / by ** 2], input.shape);
    return call.add({ kind, inputs: [input], block }, shape);
  };

export const dilationImporters: Importers = {
  SpaceToBatchND: importApart,
  SpaceToBatch: importApart,
  BatchToSpaceND: importTogether,
  BatchToSpace: importTogether,
  DepthToSpace: importDepth('depthToSpace'),
  SpaceToDepth: importDepth('spaceToDepth'),
};

export const emitBatches: Emitter<'spaceToBatch' | 'batchToSpace'> = (
  { kind, name, inputs, block, edges },
  isQuantized,
) => ({
  builtin: kind === 'spaceToBatch' ? 'SPACE_TO_BATCH_ND' : 'BATCH_TO_SPACE_ND',
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/block`, block), integers(`${name}/edges`, edges.flat(), [2, 2])],
  options: { table: kind === 'spaceToBatch' ? 'SpaceToBatchNDOptions' : 'BatchToSpaceNDOptions' },
});

export const emitDepth: Emitter<'depthToSpace' | 'spaceToDepth'> = ({ kind, inputs, block }, isQuantized) =>
  kind === 'depthToSpace'
    ? { builtin: 'DEPTH_TO_SPACE', version: 1, inputs, options: { table: 'DepthToSpaceOptions', blockSize: block } }
    : {
        builtin: 'SPACE_TO_DEPTH',
        version: isQuantized ? 2 : 1,
        inputs,
        options: { table: 'SpaceToDepthOptions', blockSize: block },
      };

/** The messages about inputs that no picture can be given to: files to decode, single numbers that a program feeds. */
import { InputError } from '../../errors.ts';
import { type GraphDef, type GraphNode, referredNode } from './graph-def.ts';

const preparing =
  /^(Decode.*|Cast|ExpandDims|Squeeze|Reshape|Identity|Sub|Mul|Div|RealDiv|Add|AddV2|Resize.*|Pad|CropAndResize|.*Crop.*|Placeholder.*)$/;
const furthest = 32;

/** What follows an input one behind the other, as long as it prepares a picture. */
function* preparation(def: GraphDef, name: string): Generator<GraphNode> {
  let at = name;
  for (let steps = 0; steps < furthest; steps += 1) {
    const users = [...def.nodes.values()].filter(({ inputs }) => inputs.some((input) => referredNode(input) === at));
    const next = users.find(({ op }) => preparing.test(op));
    if (next === undefined) return;
    yield next;
    at = next.name;
  }
}

interface Resize {
  readonly node: GraphNode;
  readonly size: readonly [number, number];
}

function resizeBehind(def: GraphDef, name: string): Resize | undefined {
  const node = [...preparation(def, name)].findLast(({ op }) =>
    /^Resize(Bilinear|NearestNeighbor|Bicubic|Area)$/.test(op),
  );
  const data = node === undefined ? undefined : def.constants.get(referredNode(node.inputs[1] ?? ''))?.data;
  const [height, width] = data ?? [];
  return node === undefined || height === undefined || width === undefined
    ? undefined
    : { node, size: [height, width] };
}

/** The shape to which a graph resizes its picture itself; undefined where it doesn't. */
export function resizedShape(def: GraphDef, name: string): number[] | undefined {
  const size = resizeBehind(def, name)?.size;
  return size === undefined ? undefined : [1, ...size, 3];
}

/** @param isText the input is an encoded file, such as a JPEG; else a single number */
export function explainInput(def: GraphDef, { name }: GraphNode, isText: boolean): InputError {
  if (!isText) {
    return new InputError(`${def.source}: the input ${name} is a single number that a program feeds, and no picture.`, {
      remedy: 'Freeze the graph with its value as a constant, or cut the graph behind it with --input-arrays.',
    });
  }
  const resize = resizeBehind(def, name);
  const last = [...preparation(def, name)].at(-1);
  const [entry, shape] =
    resize === undefined ? [last, '1,HEIGHT,WIDTH,3'] : [resize.node, [1, ...resize.size, 3].join(',')];
  return new InputError(`${def.source}: the input ${name} is an encoded file, which TensorFlow Lite can't decode.`, {
    remedy: `Cut the graph behind it: --input-arrays ${entry?.name ?? 'NODE'} --input-shapes ${shape}.`,
  });
}

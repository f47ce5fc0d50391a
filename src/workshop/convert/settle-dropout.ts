/** Dropout that a graph was frozen with: at inference it lets everything through. */
import { type GraphDef, type GraphNode, referredNode } from './graph-def.ts';

const random = /^(Stateless)?(Random|ParameterizedTruncated|TruncatedNormal|Uniform).*/;
/** What lies between random numbers and the mask of what is kept. */
const masking = /^(Floor|Cast|GreaterEqual|Greater|Less|LessEqual|Add|AddV2|Sub|Mul|Identity|Reshape)$/;
const deepest = 12;

/** The graph with each product of values and a random mask as the values themselves. */
export function settleDropout(def: GraphDef): GraphDef {
  if (![...def.nodes.values()].some(({ op }) => random.test(op))) return def;
  const nodes = new Map<string, GraphNode>();
  for (const node of def.nodes.values()) nodes.set(node.name, settled(def, node));
  return { ...def, nodes };
}

function settled(def: GraphDef, node: GraphNode): GraphNode {
  const at = (position: number) => def.nodes.get(referredNode(node.inputs[position] ?? ''));
  const kept = (position: number): GraphNode => ({
    ...node,
    op: 'Identity',
    inputs: [beforeScaling(def, node, position)],
  });
  // Since TensorFlow 2.13 or so the mask chooses between the values and zeros.
  if (/^Select(V2)?$/.test(node.op)) return isMask(def, at(0)) ? kept(1) : node;
  if (node.op !== 'Mul') return node;
  if (isMask(def, at(1)) && !isMask(def, at(0))) return kept(0);
  return isMask(def, at(0)) && !isMask(def, at(1)) ? kept(1) : node;
}

/** A step or comparison of random numbers: floor(keep + random), or random >= rate as a number. */
function isMask(def: GraphDef, node: GraphNode | undefined): boolean {
  if (node === undefined || !/^(Floor|Cast|GreaterEqual|Greater|Less|LessEqual|Identity)$/.test(node.op)) return false;
  let waiting: GraphNode[] = [node];
  let hasStep = false;
  for (let depth = 0; depth < deepest && waiting.length > 0; depth += 1) {
    if (waiting.some(({ op }) => random.test(op))) return hasStep;
    hasStep ||= waiting.some(({ op }) => /^(Floor|GreaterEqual|Greater|Less|LessEqual)$/.test(op));
    waiting = waiting
      .filter(({ op }) => masking.test(op))
      .flatMap(({ inputs }) => inputs.map((input) => def.nodes.get(referredNode(input))))
      .filter((before) => before !== undefined);
  }
  return false;
}

/** What is kept was made larger for what is left out: x / keep, or x * (1 / keep). */
function beforeScaling(def: GraphDef, { inputs }: GraphNode, position: number): string {
  const reference = inputs[position] ?? '';
  const scaled = def.nodes.get(referredNode(reference));
  if (scaled === undefined || !/^(RealDiv|Div|Mul)$/.test(scaled.op)) return reference;
  const [first = '', second = ''] = scaled.inputs;
  if (isNumber(def, second)) return first;
  return scaled.op === 'Mul' && isNumber(def, first) ? second : reference;
}

/** A rate, or what is worked out from it alone. */
function isNumber(def: GraphDef, reference: string, depth = 0): boolean {
  const node = def.nodes.get(referredNode(reference));
  if (node === undefined || depth > 4) return false;
  if (node.op === 'Const') return def.constants.get(node.name)?.data.length === 1;
  if (/^Placeholder(WithDefault)?$/.test(node.op)) {
    const { shape } = node.attributes;
    return !Array.isArray(shape) || shape.length === 0;
  }
  return (
    /^(Sub|RealDiv|Div|Reciprocal|Inv|Identity|Cast)$/.test(node.op) &&
    node.inputs.every((input) => isNumber(def, input, depth + 1))
  );
}

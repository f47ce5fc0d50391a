/** Scale and zero point of activations: real = scale * (stored - zeroPoint), stored in int8. */
import { InputError } from '../../../errors.ts';
import type { Graph, Node, Value } from '../graph.ts';
import type { Range } from './ranges.ts';

export interface Scale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Outputs of these lie in 0..1 or -1..1, and TensorFlow Lite's kernels want exactly these scales. */
const unitScale: Scale = { scale: 1 / 256, zeroPoint: -128 };
const signedUnitScale: Scale = { scale: 1 / 128, zeroPoint: 0 };

function fixedScale(node: Node): Scale | undefined {
  if (node.kind === 'softmax') return unitScale;
  if (node.kind !== 'unary') return undefined;
  if (node.operation === 'LOGISTIC') return unitScale;
  return node.operation === 'TANH' ? signedUnitScale : undefined;
}

/** Kernels that move or compare stored values want one scale for all that goes in and out. */
function sharesScale(node: Node): boolean {
  if (node.kind === 'binary') return node.operation === 'MAXIMUM' || node.operation === 'MINIMUM';
  return [
    'reshape',
    'transpose',
    'concatenation',
    'pool',
    'pad',
    'mirrorPad',
    'slice',
    'resize',
    'extreme',
    'spaceToBatch',
    'batchToSpace',
    'depthToSpace',
    'spaceToDepth',
  ].includes(node.kind);
}

/** The scale that spreads int8 over a range that holds 0. */
export function scaleFor({ low, high }: Range): Scale {
  const scale = Math.fround((high - low) / 255) || Math.fround(1 / 255);
  const zeroPoint = Math.round(-128 - low / scale);
  // Adding 0 turns a -0 that Math.round may give into 0.
  return { scale, zeroPoint: Math.min(127, Math.max(-128, zeroPoint)) + 0 };
}

/**
 * Scales of all values but weights and biases.
 * @param ranges of activations; those of inputs and of constants are found here
 * @throws InputError where a value would need two different fixed scales, or has no range
 */
export function activationScales(
  graph: Graph,
  ranges: ReadonlyMap<Value, Range>,
  inputRange: Range,
): ReadonlyMap<Value, Scale> {
  const groups = new Groups();
  for (const node of graph.nodes) {
    groups.add(node.output);
    if (sharesScale(node)) for (const value of node.inputs) groups.join(value, node.output);
  }
  for (const value of graph.inputs) groups.add(value);
  const fixed = new Map<Value, Scale>(graph.inputs.map((value) => [value, scaleFor(inputRange)]));
  for (const node of graph.nodes) {
    const scale = fixedScale(node);
    if (scale !== undefined) fixed.set(node.output, scale);
  }
  const scales = new Map<Value, Scale>();
  for (const members of groups.all()) {
    const scale = groupScale(members, fixed, ranges);
    for (const value of members) scales.set(value, scale);
  }
  return scales;
}

function groupScale(
  members: readonly Value[],
  fixed: ReadonlyMap<Value, Scale>,
  ranges: ReadonlyMap<Value, Range>,
): Scale {
  const wanted = members.map((value) => fixed.get(value)).filter((scale) => scale !== undefined);
  const [first] = wanted;
  if (first !== undefined) {
    if (wanted.some(({ scale, zeroPoint }) => scale !== first.scale || zeroPoint !== first.zeroPoint)) {
      throw new InputError(
        `${members.map(({ name }) => name).join(', ')} must have one scale, and their operators fix different ones.`,
        { remedy: 'Cut the graph before they are joined.' },
      );
    }
    return first;
  }
  const known = members.map((value) => ranges.get(value) ?? constantRange(value));
  return scaleFor({
    low: Math.min(0, ...known.map(({ low }) => low)),
    high: Math.max(0, ...known.map(({ high }) => high)),
  });
}

function constantRange({ name, data }: Value): Range {
  if (data === undefined) throw new InputError(`${name} has no range: it was not calibrated.`);
  const values = Array.from(data);
  return { low: values.reduce((a, b) => Math.min(a, b), 0), high: values.reduce((a, b) => Math.max(a, b), 0) };
}

/** The scale of a constant that stands in a sum or product of its own. */
export const constantScale = (value: Value): Scale => scaleFor(constantRange(value));

/** Sets of values that must be alike (union-find). */
class Groups {
  readonly #parents = new Map<Value, Value>();

  add(value: Value): void {
    if (!this.#parents.has(value)) this.#parents.set(value, value);
  }

  join(a: Value, b: Value): void {
    this.add(a);
    this.add(b);
    this.#parents.set(this.#root(a), this.#root(b));
  }

  all(): Value[][] {
    const groups = new Map<Value, Value[]>();
    for (const value of this.#parents.keys()) {
      const root = this.#root(value);
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [value]);
      else group.push(value);
    }
    return [...groups.values()];
  }

  #root(value: Value): Value {
    let root = value;
    for (let parent = this.#parents.get(root)!; parent !== root; parent = this.#parents.get(root)!) root = parent;
    return root;
  }
}

/** GraphDef -> the converter's graph: from the wanted outputs back to the inputs, cut wherever these are. */
import { GobyError, InputError } from '../../errors.ts';
import { nearNames } from '../../text/near-names.ts';
import { explainInput, resizedShape } from './explain-input.ts';
import { explainUnknown } from './explain-unknown.ts';
import type { Graph, Node, Value } from './graph.ts';
import { type GraphDef, type GraphNode, numbersOf, plainReference, referredNode, textOf } from './graph-def.ts';
import type { NodeDraft } from './operators/family.ts';
import { importers } from './operators/registry.ts';
import { evaluate } from './passes/evaluate.ts';
import type { Range } from './quantize/ranges.ts';
import { settleBranches } from './settle-branches.ts';
import { settleDropout } from './settle-dropout.ts';

export interface CutOptions {
  /** Nodes that become inputs. Absent: the graph's own. */
  readonly inputs?: readonly string[] | undefined;
  /** Nodes that become outputs. Absent: those that nothing uses. */
  readonly outputs?: readonly string[] | undefined;
  /** One per input; needed where the source doesn't say. Unknown sizes (-1) count as 1. */
  readonly inputShapes?: readonly (readonly number[])[] | undefined;
}

/** The graph as it is at inference. */
const settled = (source: GraphDef): GraphDef => settleDropout(settleBranches(source));

/** @throws InputError listing every node that goby can't convert, or names that aren't there */
export function importGraph(source: GraphDef, cut: CutOptions = {}): Graph {
  const def = settled(source);
  const outputs = (cut.outputs ?? def.outputs ?? unusedNodes(def, source)).map(plainReference);
  const inputs = (cut.inputs ?? ownInputs(def, outputs)).map(plainReference);
  for (const name of [...inputs, ...outputs]) nodeNamed(def, name);
  const graphInputs = inputs.map((name, at) => inputValue(def, name, cut.inputShapes?.[at]));
  const order = neededNodes(def, outputs, new Set(inputs));
  const unknown = order.filter(({ op }) => op !== 'Const' && importers[op] === undefined);
  if (unknown.length > 0) throw explainUnknown(def, order, unknown);
  const { values, nodes, ranges, problems } = importNodes(def, order, graphInputs);
  if (problems.length > 0) throw new InputError(`${def.source} can't be converted: ${problems.join(' ')}`);
  // Of outputs that nobody named, constants are left-overs: conditions, shapes.
  const isWanted = (name: string) => cut.outputs !== undefined || values.get(name)?.data === undefined;
  const outputNames = outputs.filter(isWanted);
  if (outputNames.length === 0) throw new InputError(`${def.source} gives nothing but constants.`);
  const graph = {
    inputs: graphInputs,
    outputs: outputNames.map((name) => values.get(name)!),
    outputNames,
    nodes,
    ...(ranges.size === 0 ? {} : { ranges }),
  };
  const takesBytes = inputs.length === 1 && textOf(nodeNamed(def, inputs[0]!), 'dtype', '') === 'DT_UINT8';
  return takesBytes
    ? { ...graph, inputRange: { range: { low: 0, high: 255 }, origin: 'found: it takes bytes' } }
    : graph;
}

interface Imported {
  /** By plain reference. */
  readonly values: ReadonlyMap<string, Value>;
  readonly nodes: Node[];
  readonly ranges: Map<Value, Range>;
  /** A sentence for each node that couldn't be imported; those that need it are left out without one. */
  readonly problems: readonly string[];
}

function importNodes(def: GraphDef, order: readonly GraphNode[], inputs: readonly Value[]): Imported {
  const values = new Map<string, Value>(inputs.map((value) => [value.name, value]));
  const nodes: Node[] = [];
  const ranges = new Map<Value, Range>();
  const problems: string[] = [];
  for (const node of order) {
    const constant = def.constants.get(node.name);
    if (node.op === 'Const') {
      if (constant === undefined) problems.push(`the constant ${node.name} has no value.`);
      else values.set(node.name, { name: node.name, ...constant });
      continue;
    }
    const found = node.inputs.map((reference) => values.get(plainReference(reference)));
    if (found.some((value) => value === undefined)) continue;
    try {
      const results = importNode(node, found as Value[], { nodes, ranges });
      results.forEach((value, at) => {
        const reference = at === 0 ? node.name : `${node.name}:${at}`;
        if (!values.has(reference)) values.set(reference, value);
      });
    } catch (error) {
      if (!(error instanceof GobyError)) throw error;
      problems.push(error.message);
    }
  }
  return { values, nodes, ranges, problems };
}

function importNode(
  node: GraphNode,
  inputs: readonly Value[],
  { nodes, ranges }: Pick<Imported, 'nodes' | 'ranges'>,
): readonly Value[] {
  const add = (draft: NodeDraft, shape: readonly number[], suffix?: string): Value => {
    const name = suffix === undefined ? node.name : `${node.name}/${suffix}`;
    const known = evaluate(draft, shape);
    if (known !== undefined) return { name, shape, data: known };
    const output = { name, shape };
    nodes.push({ ...draft, name, output } as Node);
    return output;
  };
  const result = importers[node.op]!({ node, inputs, add, range: (value, range) => ranges.set(value, range) });
  return Array.isArray(result) ? result : [result as Value];
}

/**
 * What can be worked out when converting, with the shapes of these inputs: constants by the node that gives them. Nodes that can't
 * be imported are passed over.
 */
export function knownValues(source: GraphDef, inputs: readonly Value[]): ReadonlyMap<string, Value> {
  const def = settled(source);
  const names = new Set(inputs.map(({ name }) => name));
  const order = neededNodes(def, [...def.nodes.keys()], names, { skipLoops: true });
  const usable = order.filter(({ op }) => op === 'Const' || importers[op] !== undefined);
  const { values } = importNodes(def, usable, inputs);
  return new Map([...values].filter(([, { data }]) => data !== undefined));
}

function nodeNamed(def: GraphDef, reference: string): GraphNode {
  const name = referredNode(reference);
  const node = def.nodes.get(name);
  if (node !== undefined) return node;
  const near = nearNames(name, [...def.nodes.keys()], { parts: true });
  throw new InputError(`${def.source} has no node named ${name}.`, {
    remedy: near.length === 0 ? 'Name one of its nodes.' : `Close to it are: ${near.join(', ')}.`,
  });
}

/** Placeholders that the outputs need; where there are none, those that stand for a constant picture until they are fed. */
function ownInputs(def: GraphDef, outputs: readonly string[]): readonly string[] {
  if (def.inputs !== undefined) return def.inputs;
  const needed = new Set(neededNodes(def, outputs, new Set(), { skipLoops: true }));
  const nodes = [...def.nodes.values()].filter((node) => needed.has(node));
  const fed = nodes.filter(({ op }) => op === 'Placeholder');
  const standIns = nodes.filter((node) => node.op === 'PlaceholderWithDefault' && isPicture(numbersOf(node, 'shape')));
  return (fed.length > 0 ? fed : standIns).map(({ name }) => name);
}

const isPicture = (shape: readonly number[] | undefined): boolean => shape?.length === 4;

function inputValue(def: GraphDef, name: string, given: readonly number[] | undefined): Value {
  const node = nodeNamed(def, name);
  const shape = given ?? numbersOf(node, 'shape');
  const isText = textOf(node, 'dtype', '') === 'DT_STRING';
  if (isText || (given === undefined && node.op === 'Placeholder' && shape?.length === 0)) {
    throw explainInput(def, node, isText);
  }
  if (shape === undefined || shape.length === 0 || shape.slice(1).some((size) => size < 1)) {
    const known = shape === undefined ? 'not known' : `[${shape.join(', ')}]`;
    throw new InputError(`${def.source}: the shape of the input ${name} is ${known}, and has to be whole.`, {
      remedy: `Give it with --input-shapes, such as ${resizedShape(def, name)?.join(',') ?? '1,300,300,3'}.`,
    });
  }
  return { name, shape: shape.map((size) => Math.max(1, size)) };
}

/**
 * Nodes that nothing uses and that compute something: not those that only save, restore, check or log.
 * @param source before branches fell away: what only they used is no output
 */
function unusedNodes(def: GraphDef, source: GraphDef): string[] {
  const used = new Set([...source.nodes.values()].flatMap(({ inputs }) => inputs.map(referredNode)));
  return [...def.nodes.values()]
    .filter(({ name, op }) => !used.has(name) && !sideEffects.test(op))
    .map(({ name }) => name);
}

const sideEffects =
  /^(Const|Placeholder|NoOp|Assert|Print|PrintV2|SaveV2|RestoreV2|Assign.*|.*Summary(V2)?|MergeV2Checkpoints)$/;

/** What the outputs need, each behind its own needs. Without recursion: graphs can be deep. */
function neededNodes(
  def: GraphDef,
  outputs: readonly string[],
  inputs: ReadonlySet<string>,
  { skipLoops = false } = {},
): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = outputs.toReversed();
  const isDone = (reference: string) =>
    inputs.has(plainReference(reference)) || state.get(referredNode(reference)) === 'done';
  while (stack.length > 0) {
    const reference = stack.at(-1)!;
    if (isDone(reference)) {
      stack.pop();
      continue;
    }
    const node = nodeNamed(def, reference);
    const isOpen = (need: string) => state.get(referredNode(need)) === 'open';
    const needs = node.inputs.filter((need) => !isDone(need));
    const isCircle = state.get(node.name) === 'open' && needs.some(isOpen);
    if (isCircle && !skipLoops) {
      throw new InputError(`${def.source} runs in a circle at ${node.name}: loops can't be converted.`, {
        remedy: 'Cut the graph behind the loop with --input-arrays.',
      });
    }
    if (needs.length === 0 || isCircle) {
      state.set(node.name, 'done');
      order.push(node);
      stack.pop();
    } else {
      state.set(node.name, 'open');
      stack.push(...needs);
    }
  }
  return order;
}

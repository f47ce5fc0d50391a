/** GraphDef -> the converter's graph: from the wanted outputs back to the inputs, cut wherever these are. */
import { GobyError, InputError } from '../../errors.ts';
import { nearNames } from '../../text/near-names.ts';
import type { Graph, Node, Value } from './graph.ts';
import { type GraphDef, type GraphNode, numbersOf, referredNode } from './graph-def.ts';
import type { NodeDraft } from './operators/family.ts';
import { importers } from './operators/registry.ts';
import { evaluate } from './passes/evaluate.ts';
import { checkFinite } from './sources/weights.ts';

export interface CutOptions {
  /** Nodes that become inputs. Absent: the graph's own. */
  readonly inputs?: readonly string[] | undefined;
  /** Nodes that become outputs. Absent: those that nothing uses. */
  readonly outputs?: readonly string[] | undefined;
  /** One per input; needed where the source doesn't say. Unknown sizes (-1) count as 1. */
  readonly inputShapes?: readonly (readonly number[])[] | undefined;
}

/** @throws InputError listing every node that goby can't convert, or names that aren't there */
export function importGraph(def: GraphDef, cut: CutOptions = {}): Graph {
  const inputs = cut.inputs ?? [...def.nodes.values()].filter(({ op }) => op === 'Placeholder').map(({ name }) => name);
  const outputs = cut.outputs ?? def.outputs ?? unusedNodes(def);
  for (const name of [...inputs, ...outputs]) nodeNamed(def, name);
  const graphInputs = inputs.map((name, at) => inputValue(def, name, cut.inputShapes?.[at]));
  const values = new Map<string, Value>(graphInputs.map((value) => [value.name, value]));
  const order = neededNodes(def, outputs, new Set(inputs));
  checkKnown(def, order);
  const nodes: Node[] = [];
  const problems: string[] = [];
  for (const node of order) {
    const constant = def.constants.get(node.name);
    if (node.op === 'Const') {
      if (constant === undefined) problems.push(`the constant ${node.name} has no value`);
      else values.set(node.name, checked({ name: node.name, ...constant }, def.source));
      continue;
    }
    const found = node.inputs.map((reference) => values.get(referredNode(reference)));
    // A missing input has been told of already.
    if (found.some((value) => value === undefined)) continue;
    try {
      values.set(node.name, importNode(node, found as Value[], nodes));
    } catch (error) {
      if (!(error instanceof GobyError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new InputError(`${def.source} can't be converted: ${problems.join(' ')}`);
  return { inputs: graphInputs, outputs: outputs.map((name) => values.get(name)!), outputNames: outputs, nodes };
}

function checked(value: Value, source: string): Value {
  if (value.data instanceof Float32Array) checkFinite(value.data, value.name, source);
  return value;
}

function importNode(node: GraphNode, inputs: readonly Value[], nodes: Node[]): Value {
  const add = (draft: NodeDraft, shape: readonly number[], suffix?: string): Value => {
    const name = suffix === undefined ? node.name : `${node.name}/${suffix}`;
    const known = evaluate(draft, shape);
    if (known !== undefined) return { name, shape, data: known };
    const output = { name, shape };
    nodes.push({ ...draft, name, output } as Node);
    return output;
  };
  return importers[node.op]!({ node, inputs, add });
}

function nodeNamed(def: GraphDef, name: string): GraphNode {
  const node = def.nodes.get(name);
  if (node !== undefined) return node;
  const near = nearNames(name, [...def.nodes.keys()], { parts: true });
  throw new InputError(`${def.source} has no node named ${name}.`, {
    remedy: near.length === 0 ? 'Name one of its nodes.' : `Close to it are: ${near.join(', ')}.`,
  });
}

function inputValue(def: GraphDef, name: string, given: readonly number[] | undefined): Value {
  const shape = given ?? numbersOf(nodeNamed(def, name), 'shape');
  if (shape === undefined || shape.length === 0 || shape.slice(1).some((size) => size < 1)) {
    const known = shape === undefined ? 'not known' : `[${shape.join(', ')}]`;
    throw new InputError(`The shape of the input ${name} is ${known}, and has to be whole.`, {
      remedy: 'Give it with --input-shapes, such as 1,300,300,3.',
    });
  }
  return { name, shape: shape.map((size) => Math.max(1, size)) };
}

function unusedNodes(def: GraphDef): string[] {
  const used = new Set([...def.nodes.values()].flatMap(({ inputs }) => inputs.map(referredNode)));
  return [...def.nodes.values()]
    .filter(({ name, op }) => !used.has(name) && op !== 'Const' && op !== 'NoOp')
    .map(({ name }) => name);
}

/** What the outputs need, each behind its own needs. Without recursion: graphs can be deep. */
function neededNodes(def: GraphDef, outputs: readonly string[], inputs: ReadonlySet<string>): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = outputs.toReversed();
  while (stack.length > 0) {
    const name = stack.at(-1)!;
    if (inputs.has(name) || state.get(name) === 'done') {
      stack.pop();
      continue;
    }
    const node = nodeNamed(def, name);
    const needs = node.inputs.map(referredNode).filter((need) => !inputs.has(need) && state.get(need) !== 'done');
    if (needs.length === 0) {
      state.set(name, 'done');
      order.push(node);
      stack.pop();
    } else {
      if (state.get(name) === 'open' && needs.some((need) => state.get(need) === 'open')) {
        throw new InputError(`${def.source} runs in a circle at ${name}: loops can't be converted.`, {
          remedy: 'Cut the graph behind the loop with --input-arrays.',
        });
      }
      state.set(name, 'open');
      stack.push(...needs);
    }
  }
  return order;
}

function checkKnown(def: GraphDef, order: readonly GraphNode[]): void {
  const unknown = order.filter(({ op }) => op !== 'Const' && importers[op] === undefined);
  if (unknown.length === 0) return;
  const places = unknown.filter(({ op }) => op === 'Placeholder').map(({ name }) => name);
  if (places.length === unknown.length) {
    throw new InputError(`The outputs also need the input${places.length > 1 ? 's' : ''} ${places.join(', ')}.`, {
      remedy: 'Name every input with --input-arrays.',
    });
  }
  const list = unknown.map(({ op, name }) => `${op} (${name})`).join(', ');
  throw new InputError(`${def.source} uses operators that goby can't convert: ${list}.`, {
    remedy: 'Cut the graph with --input-arrays and --output-arrays so that they fall away.',
  });
}

/** Puts the bodies of functions in the place of the nodes that call them, so that a graph is one piece. */
import { InputError } from '../../../errors.ts';
import { type FunctionDef, type GraphDef, type GraphNode, plainReference, referredNode, textOf } from '../graph-def.ts';
import { knownFlag } from '../settle-branches.ts';

/** Functions that call functions; more is a circle. */
const deepest = 64;
/** More nodes than any model has once all is in its place. */
const mostNodes = 1_000_000;

const calls = /^(Stateful)?PartitionedCall$/;
const conditions = /^(If|StatelessIf)$/;

/** Names of outputs that aren't numbered parts of one list, in order (tensorflow/core/ops). */
const outputNames: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
  Switch: ['output_false', 'output_true'],
  Merge: ['output', 'value_index'],
  TopKV2: ['values', 'indices'],
};

/** Nodes that load variables: nothing takes what they give. */
const assignments = /^Assign(VariableOp)?$/;

/** Only what `roots` and assignments need is kept. @throws InputError when functions call each other in a circle, or are missing */
export function inlineFunctions(def: GraphDef, roots: readonly string[]): GraphDef {
  const withLoading = (graph: GraphDef): GraphDef => {
    const loading = [...graph.nodes.values()].filter(({ op }) => assignments.test(op)).map(({ name }) => name);
    return reachable(graph, [...roots, ...loading]);
  };
  let current = withLoading(def);
  for (let depth = 0; depth < deepest; depth += 1) {
    const callers = [...current.nodes.values()].filter((node) => calledFunction(current, node) !== undefined);
    if (callers.length === 0) return current;
    for (const node of callers) current = withBody(current, node, calledFunction(current, node)!);
    current = withLoading(current);
    if (current.nodes.size > mostNodes) break;
  }
  throw new InputError(`${def.source} has functions that call each other without an end.`);
}

function calledFunction(def: GraphDef, node: GraphNode): string | undefined {
  if (calls.test(node.op)) return textOf(node, 'f', '');
  if (!conditions.test(node.op)) return undefined;
  const flag = knownFlag(def, node.inputs[0]);
  return flag === undefined ? undefined : textOf(node, flag ? 'then_branch' : 'else_branch', '');
}

function withBody(def: GraphDef, node: GraphNode, name: string): GraphDef {
  const body = def.functions?.get(name);
  if (body === undefined)
    throw new InputError(`${def.source}: ${node.name} calls the function ${name}, which isn't there.`);
  const given = conditions.test(node.op) ? node.inputs.slice(1) : node.inputs;
  const nodes = new Map(def.nodes);
  const constants = new Map(def.constants);
  const texts = new Map(def.texts);
  const prefix = `${node.name}/`;
  const outside = (reference: string): string => outerReference(body, given, prefix, reference);
  for (const inner of body.nodes.values()) {
    const full = `${prefix}${inner.name}`;
    nodes.set(full, { ...inner, name: full, inputs: inner.inputs.map(outside) });
  }
  for (const [key, value] of body.constants) constants.set(`${prefix}${key}`, value);
  for (const [key, value] of body.texts ?? []) texts.set(`${prefix}${key}`, value);
  // The caller keeps its name and hands on what the body gives.
  nodes.set(node.name, { ...node, op: 'IdentityN', inputs: body.outputs.map(outside) });
  return { ...def, nodes, constants, texts };
}

/** `node:output name:index` of a body -> `node:index` of the graph; the name of an input -> what the caller gives. */
function outerReference(body: FunctionDef, given: readonly string[], prefix: string, reference: string): string {
  const [name = '', output, index = '0'] = reference.split(':');
  const argument = body.inputs.indexOf(name);
  if (argument >= 0 && output === undefined) return given[argument] ?? '';
  const named = outputNames[body.nodes.get(name)?.op ?? '']?.indexOf(output ?? '') ?? -1;
  return plainReference(`${prefix}${name}:${named > 0 ? named : index}`);
}

/** The part of a graph that `roots` need. */
export function reachable(def: GraphDef, roots: readonly string[]): GraphDef {
  const kept = new Map<string, GraphNode>();
  const waiting = roots.map(referredNode);
  while (waiting.length > 0) {
    const node = def.nodes.get(waiting.pop()!);
    if (node === undefined || kept.has(node.name)) continue;
    kept.set(node.name, node);
    waiting.push(...node.inputs.map(referredNode));
  }
  const isKept = ([name]: readonly [string, unknown]) => kept.has(name);
  return {
    ...def,
    nodes: kept,
    constants: new Map([...def.constants].filter(isKept)),
    texts: new Map([...(def.texts ?? [])].filter(isKept)),
  };
}

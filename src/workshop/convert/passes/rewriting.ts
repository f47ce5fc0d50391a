/** What every pass stands on: walk the nodes in order, replace or drop some, and keep the rest as they are. */
import { type Graph, type Node, producers, useCounts, type Value } from '../graph.ts';

/** A change of the graph that leaves its results the same. */
export type Pass = (graph: Graph) => Graph;

export interface Rewriting {
  /** The node that makes a value, with what this pass has changed so far. */
  producer(value: Value | undefined): Node | undefined;
  /** True when nothing but one node uses the value. */
  usedOnce(value: Value): boolean;
  /** Puts `next` in the place of `old`. It must make the same value, or one that nothing else uses. */
  replace(old: Node, next: Node): void;
  drop(node: Node): void;
  /** From now on, what used `old` uses `next`. */
  redirect(old: Value, next: Value): void;
}

/** Calls `visit` with every node, in order. */
export function rewrite(graph: Graph, visit: (node: Node, rewriting: Rewriting) => void): Graph {
  const counts = useCounts(graph);
  const made = new Map(producers(graph));
  const current = new Map<Node, Node | undefined>();
  const redirected = new Map<Value, Value>();
  const final = (value: Value): Value => {
    const next = redirected.get(value);
    return next === undefined ? value : final(next);
  };
  /** Nodes that stand in for others, by the node they stand in the place of. */
  const origin = new Map<Node, Node>();
  const rewriting: Rewriting = {
    producer: (value) => (value === undefined ? undefined : made.get(value)),
    usedOnce: (value) => counts.get(value) === 1,
    replace: (old, next) => {
      const place = origin.get(old) ?? old;
      current.set(place, next);
      origin.set(next, place);
      made.delete(old.output);
      made.set(next.output, next);
    },
    drop: (node) => {
      current.set(origin.get(node) ?? node, undefined);
      if (made.get(node.output) === node) made.delete(node.output);
    },
    redirect: (old, next) => redirected.set(old, next),
  };
  for (const node of graph.nodes) {
    const now = current.has(node) ? current.get(node) : node;
    if (now === undefined) continue;
    const moved = now.inputs.some((value) => redirected.has(value));
    const settled = moved ? { ...now, inputs: now.inputs.map(final) } : now;
    if (moved) rewriting.replace(now, settled);
    visit(settled, rewriting);
  }
  const nodes = graph.nodes.map((node) => (current.has(node) ? current.get(node) : node));
  return {
    ...graph,
    outputs: graph.outputs.map(final),
    nodes: nodes.filter((node) => node !== undefined),
  };
}

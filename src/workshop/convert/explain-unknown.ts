/** The message about operators that goby can't convert: which, where, and where to cut the graph so that they fall away. */
import { InputError } from '../../errors.ts';
import { type GraphDef, type GraphNode, numbersOf, referredNode } from './graph-def.ts';

/** Nodes that are named one by one; a loop has hundreds. */
const mostListed = 8;

const loops =
  /^(Enter|Exit|NextIteration|LoopCond|While|StatelessWhile|RefEnter|RefExit|TensorArray.*|TensorList.*|Loop.*)$/;
const branches = /^(Switch|RefSwitch|Merge|RefMerge|If|StatelessIf)$/;
const training = /^(Random.*|.*Uniform.*|.*Normal|Multinomial|QueueDequeue.*|IteratorGetNext|OneShotIterator)$/;

/** @param order what the outputs need, each behind its own needs; @param unknown those of them that goby doesn't know */
export function explainUnknown(def: GraphDef, order: readonly GraphNode[], unknown: readonly GraphNode[]): InputError {
  const places = unknown.filter(({ op }) => op === 'Placeholder').map(({ name }) => name);
  if (places.length === unknown.length) {
    return new InputError(
      `${def.source}: the outputs also need the input${places.length > 1 ? 's' : ''} ${places.join(', ')}.`,
      { remedy: 'Name every input with --input-arrays.' },
    );
  }
  const strange = unknown.filter(({ op }) => op !== 'Placeholder');
  const list = strange.slice(0, mostListed).map(({ op, name }) => `${op} (${name})`);
  const more = strange.length > mostListed ? ` and ${strange.length - mostListed} more` : '';
  const why = reasonOf(strange);
  return new InputError(
    `${def.source} uses operators that goby can't convert: ${list.join(', ')}${more}.${why === '' ? '' : ` ${why}`}`,
    { remedy: wayOut(order, new Set(strange.map(({ name }) => name))) },
  );
}

function reasonOf(unknown: readonly GraphNode[]): string {
  const some = (pattern: RegExp) => unknown.some(({ op }) => pattern.test(op));
  if (some(loops)) return 'They are a loop, such as one that resizes the pictures of a batch one by one.';
  if (some(branches)) return 'They choose a branch by a value that is not known before the model runs.';
  return some(training) ? 'They belong to training.' : '';
}

/** Behind those that prepare the picture, before those that work on the answer. */
function wayOut(order: readonly GraphNode[], unknown: ReadonlySet<string>): string {
  const positions = new Map(order.map(({ name }, at) => [name, at]));
  const isWeighted = ({ op }: GraphNode) => /Conv|MatMul/.test(op);
  const firstWeighted = order.findIndex(isWeighted);
  const names = (node: GraphNode) => node.inputs.map(referredNode);
  // What the unknown nodes reach.
  const tainted = new Set<string>();
  for (const node of order) {
    if (unknown.has(node.name) || names(node).some((name) => tainted.has(name))) tainted.add(node.name);
  }
  const picture = order.find((node) => isWeighted(node) && names(node).some((name) => tainted.has(name)));
  const reachesWeights =
    firstWeighted >= 0 && picture !== undefined && (positions.get(picture.name) ?? 0) <= firstWeighted;
  if (reachesWeights) {
    const entry = entryBefore(order, positions, picture, unknown, tainted);
    const shape = numbersOf(entry, 'shape')
      ?.slice(1)
      .every((size) => size > 0)
      ? ''
      : ' with --input-shapes 1,HEIGHT,WIDTH,3';
    return `Cut the graph behind them: --input-arrays ${entry.name}${shape}.`;
  }
  const outputs = order
    .filter((node) => unknown.has(node.name))
    .flatMap(names)
    .filter((name) => !tainted.has(name) && order[positions.get(name) ?? -1]?.op !== 'Const');
  if (firstWeighted >= 0 && outputs.length > 0) {
    const wanted = [...new Set(outputs)].slice(0, 4).join(',');
    return `Cut the graph before them, such as with --output-arrays ${wanted}.`;
  }
  return 'Cut the graph with --input-arrays and --output-arrays so that they fall away.';
}

/** The last node before the first weights that takes nothing but one unknown node and constants. */
function entryBefore(
  order: readonly GraphNode[],
  positions: ReadonlyMap<string, number>,
  picture: GraphNode,
  unknown: ReadonlySet<string>,
  tainted: ReadonlySet<string>,
): GraphNode {
  let node = picture;
  for (;;) {
    const from = node.inputs.map(referredNode).find((name) => tainted.has(name));
    const before = from === undefined ? undefined : order[positions.get(from) ?? -1];
    if (before === undefined) return node;
    if (unknown.has(before.name)) return before;
    node = before;
  }
}

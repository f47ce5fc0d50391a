/** Branches whose condition is known when converting, such as `is_training`: Switch and Merge become what they let through. */
import { type GraphDef, type GraphNode, plainReference, referredNode } from './graph-def.ts';

/** The graph without those branches that are never taken. Conditions that aren't known stay as they are. */
export function settleBranches(def: GraphDef): GraphDef {
  const taken = new Map<string, boolean>();
  for (const node of def.nodes.values()) {
    if (node.op !== 'Switch' && node.op !== 'RefSwitch') continue;
    const condition = knownFlag(def, node.inputs[1]);
    if (condition !== undefined) taken.set(node.name, condition);
  }
  if (taken.size === 0) return def;
  const isDead = deadReferences(def, taken);
  const nodes = new Map<string, GraphNode>();
  for (const node of def.nodes.values()) {
    if (!taken.has(node.name) && isDead(node.name)) continue;
    const live = node.op === 'Merge' ? node.inputs.filter((input) => !isDead(input)) : node.inputs;
    const isSettled = taken.has(node.name) || (node.op === 'Merge' && live.length === 1);
    const inputs = (isSettled ? live.slice(0, 1) : node.inputs).map((input) =>
      taken.has(referredNode(input)) ? referredNode(input) : input,
    );
    nodes.set(node.name, { ...node, op: isSettled ? 'Identity' : node.op, inputs });
  }
  return { ...def, nodes };
}

/** How programs call the flag that a graph is being trained. */
const trainingFlag =
  /(^|[/_])(is_?)?train(ing)?([/_]?(flag|mode|phase|ph))?(_\d+)?$|learning_phase|phase_train|is_?train/i;

/** The value of a condition, where it is a constant behind nodes that pass it on. */
export function knownFlag(def: GraphDef, reference: string | undefined): boolean | undefined {
  let name = referredNode(reference ?? '');
  let isTurned = false;
  for (let steps = 0; steps < def.nodes.size; steps += 1) {
    const node = def.nodes.get(name);
    if (node === undefined) return undefined;
    if (node.op === 'Const') {
      const value = def.constants.get(name)?.data[0];
      return value === undefined ? undefined : (value !== 0) !== isTurned;
    }
    // What is fed while training is false at inference.
    if (node.op === 'Placeholder' && trainingFlag.test(name) && node.attributes['dtype'] === 'DT_BOOL') return isTurned;
    if (node.op === 'LogicalNot') isTurned = !isTurned;
    else if (!['Identity', 'PlaceholderWithDefault', 'StopGradient', 'Switch'].includes(node.op)) return undefined;
    name = referredNode(node.inputs[0] ?? '');
  }
  return undefined;
}

/** Deadness runs from a Switch to all that needs it, up to the Merge where another branch is alive. */
function deadReferences(def: GraphDef, taken: ReadonlyMap<string, boolean>): (reference: string) => boolean {
  const users = new Map<string, GraphNode[]>();
  for (const node of def.nodes.values()) {
    for (const input of node.inputs) {
      const list = users.get(referredNode(input));
      if (list === undefined) users.set(referredNode(input), [node]);
      else list.push(node);
    }
  }
  const dead = new Set<string>();
  const isDead = (reference: string): boolean => {
    const condition = taken.get(referredNode(reference));
    if (condition === undefined) return dead.has(referredNode(reference));
    // Output 0 is the way for false, output 1 the way for true.
    return dead.has(referredNode(reference)) || (plainReference(reference) === referredNode(reference)) === condition;
  };
  const waiting = [...taken.keys()];
  while (waiting.length > 0) {
    for (const node of users.get(waiting.pop()!) ?? []) {
      if (dead.has(node.name)) continue;
      const dies = node.op === 'Merge' ? node.inputs.every(isDead) : node.inputs.some(isDead);
      if (!dies) continue;
      dead.add(node.name);
      waiting.push(node.name);
    }
  }
  return isDead;
}

/** Transposes move down through what doesn't mind them, until two undo each other: graphs with channels first come out with none. */
import { type Binary, type Constant, type Graph, isConstant, type Node, type Value } from '../graph.ts';
import { sameShape } from '../shapes.ts';
import type { Pass } from './rewriting.ts';
import { turnedConstant } from './views.ts';

/** A value that is another one, turned: `value.shape[order[i]]` is its size i. */
interface Turned {
  readonly value: Value;
  readonly order: readonly number[];
}

export const moveTransposes: Pass = (graph) => {
  const start = withPicturesLast(graph);
  return start.nodes.some(({ kind }) => kind === 'transpose') ? new Mover(start).run() : graph;
};

/** A picture [1, 3 or 1, height, width] whose channels come first becomes one with channels last, turned before its first use. */
function withPicturesLast(graph: Graph): Graph {
  const turns = (node: Node) => node.kind === 'transpose' && node.order.join() === '0,2,3,1';
  const isFirst = ({ shape }: Value) => shape.length === 4 && (shape[1] === 3 || shape[1] === 1) && shape[3]! > 4;
  if (!graph.nodes.some(turns) || !graph.inputs.some(isFirst)) return graph;
  const added: Node[] = [];
  const inputs = graph.inputs.map((input) => {
    if (!isFirst(input)) return input;
    const [batch = 1, channels = 1, height = 1, width = 1] = input.shape;
    const picture: Value = { name: input.name, shape: [batch, height, width, channels] };
    added.push({
      kind: 'transpose',
      name: `${input.name}/first`,
      inputs: [picture],
      output: input,
      order: [0, 3, 1, 2],
    });
    return picture;
  });
  return { ...graph, inputs, nodes: [...added, ...graph.nodes] };
}

class Mover {
  readonly #graph: Graph;
  readonly #nodes: Node[] = [];
  /** What stands for a value of the old graph. */
  readonly #turned = new Map<Value, Turned>();
  readonly #made = new Map<Value, Value>();
  readonly #ranges = new Map<Value, { readonly low: number; readonly high: number }>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  run(): Graph {
    for (const node of this.#graph.nodes) this.#take(node);
    const outputs = this.#graph.outputs.map((value) => this.#plain(value));
    for (const [value, range] of this.#graph.ranges ?? []) {
      const stand = this.#turned.get(value)?.value ?? this.#made.get(value) ?? value;
      this.#ranges.set(stand, range);
    }
    return { ...this.#graph, outputs, nodes: this.#nodes, ranges: this.#ranges };
  }

  #take(node: Node): void {
    if (node.kind === 'transpose') {
      this.#put(node.output, this.#turnedBy(node.inputs[0]!, node.order));
      return;
    }
    const flowing = node.inputs.filter((input) => !isConstant(input));
    const [first] = flowing.map((input) => this.#turned.get(input));
    const isAlike = flowing.every((input) => this.#turned.get(input)?.order.join() === first?.order.join());
    const moved = first !== undefined && isAlike ? this.#movedBefore(node, first.order) : undefined;
    if (moved === undefined) {
      this.#nodes.push({ ...node, inputs: node.inputs.map((input) => this.#plain(input)) });
      return;
    }
    this.#nodes.push(moved);
    if (node.kind === 'reshape') this.#made.set(node.output, moved.output);
    else this.#turned.set(node.output, { value: moved.output, order: first!.order });
  }

  /** The node computing before its inputs are turned, if it may. */
  #movedBefore(node: Node, order: readonly number[]): Node | undefined {
    const back = inverse(order);
    const output: Value = { name: node.output.name, shape: back.map((at) => node.output.shape[at]!) };
    const inputs = node.inputs.map((input) => this.#turned.get(input)?.value ?? input);
    switch (node.kind) {
      case 'unary':
      case 'clamp':
      case 'leakyRelu':
        return { ...node, inputs, output };
      case 'binary':
        return this.#movedBinary(node, order, output);
      case 'softmax':
        return order.at(-1) === order.length - 1 ? { ...node, inputs, output } : undefined;
      case 'concatenation':
        return node.inputs.some(isConstant) ? undefined : { ...node, inputs, output, axis: order[node.axis]! };
      case 'mean':
        if (!node.keepDims) return undefined;
        return { ...node, inputs, output, axes: node.axes.map((axis) => order[axis]!).sort((a, b) => a - b) };
      case 'pad':
        return { ...node, inputs, output, margins: back.map((at) => node.margins[at]!) };
      case 'slice': {
        const { steps, begin, ...rest } = node;
        const turned = { begin: back.map((at) => begin[at]!) };
        const stepped = steps === undefined ? {} : { steps: back.map((at) => steps[at]!) };
        return { ...rest, ...turned, ...stepped, inputs, output };
      }
      case 'reshape': {
        // Where only sizes of 1 change places, all values lie in the same order.
        const long = (shape: readonly number[]) => shape.filter((size) => size !== 1);
        const isSame = sameShape(long(node.inputs[0]!.shape), long(inputs[0]!.shape));
        return isSame && isOrdered(order, inputs[0]!.shape) ? { ...node, inputs } : undefined;
      }
      default:
        return undefined;
    }
  }

  #movedBinary(node: Binary, order: readonly number[], output: Value): Node | undefined {
    const rank = order.length;
    if (node.inputs.some((input) => !isConstant(input) && input.shape.length !== rank)) return undefined;
    const inputs = node.inputs.map((input) => {
      if (!isConstant(input)) return this.#turned.get(input)!.value;
      if (input.data.length === 1) return input;
      const whole: Constant = {
        ...input,
        shape: [...new Array<number>(rank - input.shape.length).fill(1), ...input.shape],
      };
      return turnedConstant(whole, inverse(order));
    });
    return { ...node, inputs, output };
  }

  #turnedBy(value: Value, order: readonly number[]): Turned {
    const known = this.#turned.get(value);
    if (known === undefined) return { value: this.#made.get(value) ?? value, order };
    return { value: known.value, order: order.map((at) => known.order[at]!) };
  }

  #put(output: Value, turned: Turned): void {
    if (turned.order.every((from, at) => from === at)) this.#made.set(output, turned.value);
    else this.#turned.set(output, turned);
  }

  /** The value itself: turned now, if nothing has taken that away. */
  #plain(value: Value): Value {
    const made = this.#made.get(value);
    if (made !== undefined) return made;
    const turned = this.#turned.get(value);
    if (turned === undefined) return value;
    this.#nodes.push({
      kind: 'transpose',
      name: value.name,
      inputs: [turned.value],
      output: value,
      order: turned.order,
    });
    this.#made.set(value, value);
    return value;
  }
}

function inverse(order: readonly number[]): number[] {
  const back = new Array<number>(order.length);
  for (const [at, from] of order.entries()) back[from] = at;
  return back;
}

/** True when dimensions larger than 1 keep their order. */
function isOrdered(order: readonly number[], shape: readonly number[]): boolean {
  const long = order.filter((from) => shape[from] !== 1);
  return long.every((from, at) => at === 0 || from > long[at - 1]!);
}

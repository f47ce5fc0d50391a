/** How well one output of a quantized graph agrees with float, in the measure that suits what the output is. */
import { type Graph, producers, type Value } from '../graph.ts';

/** `probabilities` sum up to 1 by row (softmax); `scores` lie in 0..1 each for itself (sigmoid); `numbers` are anything else. */
export type OutputKind = 'probabilities' | 'scores' | 'numbers';

export interface OutputAgreement {
  readonly output: string;
  readonly kind: OutputKind;
  /** Rows that were looked at: one per photo, or one per anchor and photo. */
  readonly rows: number;
  /** Of probabilities: share of rows with the same first answer. */
  readonly sameFirst?: number;
  /** Of probabilities: share of rows whose first answer is another one, though float was clearly surer of its own. */
  readonly clearlyOther?: number;
  /** Of probabilities and scores: mean distance of those that matter. */
  readonly probabilityError?: number;
  /** Root mean square of the difference as a share of how much the float values differ among themselves. */
  readonly noise: number;
  /** 1: the same direction in all values; 0: nothing in common. */
  readonly cosine: number;
}

/** Float's first answer leads by more than this over what 8 bits say: no near tie. */
const clearLead = 0.1;
/** A score that matters: in float or in 8 bits it is at least this. */
const leastScore = 0.1;

/** What makes the output, behind whatever only moves its values. */
export function outputKind(graph: Graph, output: Value): OutputKind {
  const made = producers(graph);
  let node = made.get(output);
  while (node !== undefined && ['reshape', 'slice', 'concatenation', 'transpose'].includes(node.kind)) {
    node = made.get(node.inputs[0]!);
  }
  if (node?.kind === 'softmax') return 'probabilities';
  return node?.kind === 'unary' && node.operation === 'LOGISTIC' ? 'scores' : 'numbers';
}

/** Sums over all photos. */
export class OutputSums {
  readonly #name: string;
  readonly #kind: OutputKind;
  readonly #columns: number;
  #count = 0;
  #rows = 0;
  #same = 0;
  #clearlyOther = 0;
  #probabilityError = 0;
  #mattering = 0;
  #sum = 0;
  #squares = 0;
  #quantizedSquares = 0;
  #products = 0;
  #differences = 0;

  /** @param columns values of one row */
  constructor(name: string, kind: OutputKind, columns: number) {
    this.#name = name;
    this.#kind = kind;
    this.#columns = columns;
  }

  add(float: Float32Array, quantized: Float32Array): void {
    for (let at = 0; at < float.length; at += 1) {
      const [a, b] = [float[at]!, quantized[at]!];
      this.#sum += a;
      this.#squares += a * a;
      this.#quantizedSquares += b * b;
      this.#products += a * b;
      this.#differences += (a - b) ** 2;
      if (this.#kind === 'scores' && (this.#columns === 1 || Math.max(a, b) >= leastScore)) {
        this.#probabilityError += Math.abs(a - b);
        this.#mattering += 1;
      }
    }
    this.#count += float.length;
    const rows = float.length / this.#columns;
    this.#rows += rows;
    if (this.#kind !== 'probabilities') return;
    for (let row = 0; row < rows; row += 1) {
      const from = row * this.#columns;
      this.#addRow(float.subarray(from, from + this.#columns), quantized.subarray(from, from + this.#columns));
    }
  }

  #addRow(float: Float32Array, quantized: Float32Array): void {
    const [first, other] = [largestAt(float), largestAt(quantized)];
    if (first === other) this.#same += 1;
    else if (float[first]! - float[other]! > clearLead) this.#clearlyOther += 1;
    const errors = [first, other].map((at) => Math.abs(float[at]! - quantized[at]!));
    this.#probabilityError += Math.max(...errors);
    this.#mattering += 1;
  }

  result(): OutputAgreement {
    const deviation = Math.sqrt(Math.max(0, this.#squares / this.#count - (this.#sum / this.#count) ** 2));
    const error = Math.sqrt(this.#differences / this.#count);
    const length = Math.sqrt(this.#squares * this.#quantizedSquares);
    const bothZero = this.#squares === 0 && this.#quantizedSquares === 0;
    return {
      output: this.#name,
      kind: this.#kind,
      rows: this.#rows,
      ...(this.#kind === 'probabilities'
        ? { sameFirst: this.#same / this.#rows, clearlyOther: this.#clearlyOther / this.#rows }
        : {}),
      ...(this.#kind === 'numbers' ? {} : { probabilityError: this.#probabilityError / Math.max(1, this.#mattering) }),
      // Values that are all nearly alike have little to differ by: a twentieth of their size counts then.
      noise: error === 0 ? 0 : error / Math.max(deviation, Math.sqrt(this.#squares / this.#count) / 20, 1e-30),
      cosine: bothZero ? 1 : length === 0 ? 0 : this.#products / length,
    };
  }
}

function largestAt(values: Float32Array): number {
  let largest = 0;
  for (let at = 1; at < values.length; at += 1) if (values[at]! > values[largest]!) largest = at;
  return largest;
}

/** How far a quantized graph strays from the float one: layer by layer and output by output, on photos. */
import { UnavailableError } from '../../../errors.ts';
import type { Engine } from '../../../flow/infer/engine.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { bytesOfFloats, floatsOf, type Observation, openObservation } from './observe.ts';
import type { QuantizedStorage } from './quantize-graph.ts';
import type { Scale } from './scales.ts';

export interface LayerAgreement {
  readonly name: string;
  readonly kind: string;
  readonly scale: number;
  readonly zeroPoint: number;
  /** Of the float activations, over all photos. */
  readonly low: number;
  readonly high: number;
  /** Mean and largest |quantized - float|. */
  readonly meanError: number;
  readonly maxError: number;
  /** 1: the same direction in all values; 0: nothing in common. */
  readonly cosine: number;
  /** Name of the graph's output that this is, if it is one. */
  readonly output?: string;
}

export interface CompareOptions {
  readonly graph: Graph;
  readonly storage: QuantizedStorage;
  readonly engine: Engine;
  /** The graph in float. */
  readonly runFloat: Observation;
  /** The graph's input, in float, per photo. */
  readonly photos: readonly Float32Array[];
  readonly onPhoto?: ((done: number) => void) | undefined;
}

/** Both run on the same photos; every activation is looked at. In the order of the graph's nodes. */
export async function compareWithFloat(options: CompareOptions): Promise<LayerAgreement[]> {
  const { graph, storage, engine, runFloat, photos, onPhoto } = options;
  const runQuantized = await openObservation({
    graph,
    storage: { ...storage, floatOutputs: false },
    engine,
    name: 'quantized',
  });
  const sums = graph.nodes.map(() => new Agreement());
  const inputScale = storage.scaleOf(graph.inputs[0]!);
  for (const [photo, input] of photos.entries()) {
    // The 8-bit values are the smaller ones: they are copied to outlast the second run.
    const quantized = (await runQuantized(quantizedInput(input, inputScale))).map((bytes) => new Uint8Array(bytes));
    for (const [at, bytes] of (await runFloat(bytesOfFloats(input))).entries()) {
      sums[at]!.add(floatsOf(bytes), quantized[at]!, storage.scaleOf(graph.nodes[at]!.output));
    }
    onPhoto?.(photo + 1);
  }
  const outputs = new Map<Value, string>(graph.outputs.map((value, at) => [value, graph.outputNames[at]!]));
  return graph.nodes.map((node, at) => {
    const output = outputs.get(node.output);
    const { scale, zeroPoint } = storage.scaleOf(node.output);
    const common = { name: node.name, kind: kindOf(node), scale, zeroPoint, ...sums[at]!.result() };
    return output === undefined ? common : { ...common, output };
  });
}

/** @throws UnavailableError when an output has so little in common with float that the model can't be trusted */
export function checkAgreement(layers: readonly LayerAgreement[], leastCosine: number): void {
  const stray = layers.filter(({ output, cosine }) => output !== undefined && !(cosine >= leastCosine));
  if (stray.length === 0) return;
  const list = stray.map(({ output, cosine }) => `${output} (${cosine.toFixed(3)})`).join(', ');
  throw new UnavailableError(
    `The quantized model strays from the float one: cosine of ${list}, at least ${leastCosine} is expected.`,
    { remedy: 'Calibrate with photos like those it will see, or convert in float.' },
  );
}

const kindOf = (node: Node): string => ('operation' in node ? node.operation.toLowerCase() : node.kind);

function quantizedInput(input: Float32Array, { scale, zeroPoint }: Scale): Uint8Array {
  const steps = Int8Array.from(input, (value) => Math.min(127, Math.max(-128, Math.round(value / scale) + zeroPoint)));
  return new Uint8Array(steps.buffer);
}

/** Sums over all values of one activation. */
class Agreement {
  #count = 0;
  #error = 0;
  #maxError = 0;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #products = 0;
  #floatSquares = 0;
  #quantizedSquares = 0;

  add(floats: Float32Array, bytes: Uint8Array, { scale, zeroPoint }: Scale): void {
    for (let at = 0; at < floats.length; at += 1) {
      const float = floats[at]!;
      // The byte as a signed number.
      const quantized = scale * (((bytes[at]! << 24) >> 24) - zeroPoint);
      const error = Math.abs(quantized - float);
      this.#error += error;
      if (error > this.#maxError) this.#maxError = error;
      if (float < this.#low) this.#low = float;
      if (float > this.#high) this.#high = float;
      this.#products += float * quantized;
      this.#floatSquares += float * float;
      this.#quantizedSquares += quantized * quantized;
    }
    this.#count += floats.length;
  }

  result() {
    const length = Math.sqrt(this.#floatSquares * this.#quantizedSquares);
    const bothZero = this.#floatSquares === 0 && this.#quantizedSquares === 0;
    return {
      low: this.#low,
      high: this.#high,
      meanError: this.#error / Math.max(1, this.#count),
      maxError: this.#maxError,
      cosine: bothZero ? 1 : length === 0 ? 0 : this.#products / length,
    };
  }
}

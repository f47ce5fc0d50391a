/** How far a quantized graph strays from the float one: layer by layer and output by output, on photos. */
import type { Engine } from '../../../flow/infer/engine.ts';
import type { CalibrationPhotos } from '../../photos/calibration-photos.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { bytesOfFloats, floatsOf, type Observation, openObservation } from './observe.ts';
import { type OutputAgreement, OutputSums, outputKind } from './output-agreement.ts';
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
  readonly photos: CalibrationPhotos;
  readonly onPhoto?: ((done: number) => void) | undefined;
}

export interface Comparison {
  /** In the order of the graph's nodes. */
  readonly layers: readonly LayerAgreement[];
  /** In the order of the graph's outputs. */
  readonly outputs: readonly OutputAgreement[];
}

/** Both run on the same photos; every activation is looked at. */
export async function compareWithFloat(options: CompareOptions): Promise<Comparison> {
  const { graph, storage, engine, runFloat, photos, onPhoto } = options;
  const runQuantized = await openObservation({
    graph,
    storage: { ...storage, floatOutputs: false },
    engine,
    name: 'quantized',
  });
  const sums = graph.nodes.map(() => new Agreement());
  const inputScale = storage.scaleOf(graph.inputs[0]!);
  const outputs = graph.outputs.map((value, at) => ({
    node: graph.nodes.findIndex(({ output }) => output === value),
    sums: new OutputSums(graph.outputNames[at]!, outputKind(graph, value), value.shape.at(-1) ?? 1),
  }));
  let done = 0;
  for await (const input of photos.inputs()) {
    // The 8-bit values are the smaller ones: they are copied to outlast the second run.
    const quantized: Uint8Array[] = [];
    await runQuantized(quantizedInput(input, inputScale), (at, bytes) => {
      quantized[at] = new Uint8Array(bytes);
    });
    await runFloat(bytesOfFloats(input), (at, bytes) => {
      const { scale, zeroPoint } = storage.scaleOf(graph.nodes[at]!.output);
      const floats = floatsOf(bytes);
      sums[at]!.add(floats, quantized[at]!, { scale, zeroPoint });
      for (const { sums: own } of outputs.filter(({ node }) => node === at)) {
        own.add(
          floats,
          Float32Array.from(quantized[at]!, (byte) => scale * (((byte << 24) >> 24) - zeroPoint)),
        );
      }
    });
    done += 1;
    onPhoto?.(done);
  }
  const names = new Map<Value, string>(graph.outputs.map((value, at) => [value, graph.outputNames[at]!]));
  const layers = graph.nodes.map((node, at) => {
    const output = names.get(node.output);
    const { scale, zeroPoint } = storage.scaleOf(node.output);
    const common = { name: node.name, kind: kindOf(node), scale, zeroPoint, ...sums[at]!.result() };
    return output === undefined ? common : { ...common, output };
  });
  return { layers, outputs: outputs.map(({ sums: own }) => own.result()) };
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

/** Small graphs made by code: the same one goes to goby, as TensorFlow.js model or frozen, and to TensorFlow.js. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttributeJson, frozenBytes, type NodeJson } from './graph-writer.ts';

export const ints = (...values: number[]): AttributeJson => ({ list: { i: values.map(String) } });
export const text = (value: string): AttributeJson => ({ s: Buffer.from(value).toString('base64') });
export const texts = (...values: string[]): AttributeJson => ({
  list: { s: values.map((value) => Buffer.from(value).toString('base64')) },
});
export const int = (value: number): AttributeJson => ({ i: String(value) });
export const float = (value: number): AttributeJson => ({ f: value });
export const flag = (value: boolean): AttributeJson => ({ b: value });

/** The same numbers for the same seed, from -1 to 1 (mulberry32). */
export function noise(count: number, seed = 1): number[] {
  let state = seed * 0x9e3779b1;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export class TinyGraph {
  readonly #nodes: NodeJson[] = [];
  readonly #weights: { name: string; shape: readonly number[]; dtype: string }[] = [];
  readonly #bytes: Uint8Array[] = [];

  input(name: string, shape: readonly number[]): string {
    const dim = shape.map((size) => ({ size: String(size) }));
    this.#nodes.push({ name, op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim } } } });
    return name;
  }

  /** Float constant; values default to noise. */
  floats(
    name: string,
    shape: readonly number[],
    values: readonly number[] = noise(sizeOf(shape), name.length),
  ): string {
    return this.#constant(name, shape, 'float32', new Uint8Array(Float32Array.from(values).buffer));
  }

  integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(name, shape, 'int32', new Uint8Array(Int32Array.from(values).buffer));
  }

  flags(name: string, values: readonly boolean[], shape: readonly number[] = []): string {
    return this.#constant(name, shape, 'bool', Uint8Array.from(values, Number));
  }

  node(name: string, op: string, inputs: readonly string[], attr: Record<string, AttributeJson> = {}): string {
    this.#nodes.push({ name, op, input: inputs, attr: { T: { type: 'DT_FLOAT' }, ...attr } });
    return name;
  }

  json() {
    return {
      format: 'graph-model',
      modelTopology: { node: this.#nodes, library: {}, versions: {} },
      weightsManifest: [{ paths: ['weights.bin'], weights: this.#weights }],
    };
  }

  get weightBytes(): Uint8Array {
    return Buffer.concat(this.#bytes);
  }

  get weightSpecs() {
    return this.#weights;
  }

  /** As `freeze_graph` writes it: a GraphDef with the constants inside. */
  frozen(): Uint8Array {
    return frozenBytes(
      this.#nodes,
      new Map(this.#weights.map(({ name, shape, dtype }, at) => [name, { shape, dtype, bytes: this.#bytes[at]! }])),
    );
  }

  /** Writes model.json and its shard. @returns path of model.json */
  async write(folder: string): Promise<string> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'weights.bin'), this.weightBytes);
    await writeFile(join(folder, 'model.json'), JSON.stringify(this.json()));
    return join(folder, 'model.json');
  }

  #constant(name: string, shape: readonly number[], dtype: string, bytes: Uint8Array): string {
    this.#nodes.push({
      name,
      op: 'Const',
      attr: { dtype: { type: { int32: 'DT_INT32', bool: 'DT_BOOL' }[dtype] ?? 'DT_FLOAT' } },
    });
    this.#weights.push({ name, shape, dtype });
    this.#bytes.push(bytes);
    return name;
  }
}

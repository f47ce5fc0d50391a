/**
 * A calibration as a file. Floating-point sums come out a little different on another kind of processor, so the same photos give another
 * model there, byte by byte; from a kept calibration every machine makes the same one.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { InputError, sentence } from '../../../errors.ts';
import type { Graph, Value } from '../graph.ts';
import type { Calibration } from './calibrate.ts';
import type { Range } from './ranges.ts';

/** A graph has hundreds of values, and a value thousands of channels. */
const most = { bytes: 64e6, values: 10_000, meansLength: 1_000_000 };

const range = z.strictObject({ low: z.number().max(0), high: z.number().min(0) });
const schema = z.strictObject({
  version: z.literal(1),
  /** By the name of the value. */
  ranges: z.record(z.string(), range),
  /** By the name of the value: a 32-bit float for each channel, low byte first, in base64. */
  means: z.record(z.string(), z.string().max(most.meansLength)),
});

/** As it can be kept: averages as 32-bit floats. The model that is made now is the one that is made of the file. */
export function rounded(calibration: Calibration): Calibration {
  const means = new Map([...calibration.means].map(([value, of]) => [value, unpacked(packed(of))]));
  return { ...calibration, means };
}

/** @param calibration rounded @returns what readCalibration() reads */
export function calibrationText({ ranges, means }: Calibration): string {
  const kept: z.input<typeof schema> = {
    version: 1,
    ranges: Object.fromEntries([...ranges].map(([{ name }, range]) => [name, range])),
    means: Object.fromEntries([...means].map(([{ name }, of]) => [name, packed(of)])),
  };
  return `${JSON.stringify(kept, undefined, 1)}\n`;
}

/** @returns what it says of a graph; see readCalibration() @throws InputError when the file can't be read */
export async function openCalibration(file: string): Promise<(graph: Graph) => Calibration> {
  const text = await readSome(file);
  return (graph) => readCalibration(graph, text, file);
}

async function readSome(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > most.bytes) throw new Error(`it has ${size} bytes, and a calibration has at most ${most.bytes}`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new InputError(`The calibration ${file} can't be read: ${sentence(error)}.`, { cause: error });
  }
}

/**
 * @param text of calibrationText()
 * @param source where messages say it is from
 * @throws InputError when it isn't a calibration, or is that of another graph
 */
export function readCalibration(graph: Graph, text: string, source: string): Calibration {
  const kept = parse(text, source);
  const values = [...graph.inputs, ...graph.nodes.map(({ output }) => output)];
  const ranges = new Map<Value, Range>();
  const means = new Map<Value, Float64Array>();
  for (const value of values) {
    const of = kept.ranges[value.name];
    if (of !== undefined) ranges.set(value, of);
    const packedMeans = kept.means[value.name];
    if (packedMeans !== undefined) means.set(value, unpacked(packedMeans));
  }
  for (const { output } of graph.nodes) if (!ranges.has(output)) throw otherGraph(source, `no range of ${output.name}`);
  for (const [{ name, shape }, { length }] of means)
    if (length !== shape.at(-1))
      throw otherGraph(source, `means of ${length} channels of ${name}, which has ${shape.at(-1)}`);
  return { ranges, means };
}

function parse(text: string, source: string): z.output<typeof schema> {
  try {
    const kept = schema.parse(JSON.parse(text));
    if (Object.keys(kept.ranges).length > most.values) throw new Error(`more than ${most.values} values`);
    return kept;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : sentence(error);
    throw new InputError(`${source} is no calibration: ${reason}.`, {
      remedy: 'Make one with goby convert --save-calibration.',
      cause: error,
    });
  }
}

function otherGraph(source: string, found: string): InputError {
  return new InputError(`${source} is the calibration of another graph: it has ${found}.`, {
    remedy: 'Cut the graph as it was cut then, or calibrate anew: goby convert --save-calibration.',
  });
}

function packed(means: Float64Array): string {
  const bytes = Buffer.alloc(4 * means.length);
  for (const [at, mean] of means.entries()) bytes.writeFloatLE(mean, 4 * at);
  return bytes.toString('base64');
}

function unpacked(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  return Float64Array.from({ length: bytes.length >>> 2 }, (_, at) => bytes.readFloatLE(4 * at));
}

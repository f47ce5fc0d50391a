/**
 * A calibration as a file. Floating-point sums come out a little different on another kind of processor, so the same photos give another
 * model there, byte by byte; from a kept calibration every machine makes the same one.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { InputError, sentence } from '../../../errors.ts';
import { type Graph, isConstant, type Value } from '../graph.ts';
import type { Calibration } from './calibrate.ts';
import type { Range } from './ranges.ts';

/** A graph has hundreds of values, and a value thousands of channels. */
const most = { bytes: 64e6, values: 10_000, meansLength: 1_000_000 };

const range = z.strictObject({ low: z.number().max(0), high: z.number().min(0) });
const schema = z.strictObject({
  version: z.literal(1),
  /** Of what it was made for; see fingerprintOf(). */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** By the name of the value. */
  ranges: z.record(z.string(), range),
  /** By the name of the value: a 32-bit float for each channel, low byte first, in base64. */
  means: z.record(z.string(), z.base64().max(most.meansLength)),
});

/** As it can be kept: averages as 32-bit floats. The model that is made now is the one that is made of the file. */
export function rounded(calibration: Calibration): Calibration {
  const means = new Map([...calibration.means].map(([value, of]) => [value, unpacked(packed(of))]));
  return { ...calibration, means };
}

/** What is calibrated: other weights or other numbers for the same pixels have other ranges. */
export interface Calibrated {
  readonly graph: Graph;
  /** Real values of a pixel of 0 and of 255. */
  readonly inputRange: Range;
}

/** @param calibration rounded @returns what readCalibration() reads */
export function calibrationText({ ranges, means }: Calibration, of: Calibrated): string {
  const kept: z.input<typeof schema> = {
    version: 1,
    sha256: fingerprintOf(of),
    ranges: Object.fromEntries([...ranges].map(([{ name }, range]) => [name, range])),
    means: Object.fromEntries([...means].map(([{ name }, mean]) => [name, packed(mean)])),
  };
  return `${JSON.stringify(kept, undefined, 1)}\n`;
}

/** @returns what it says of a graph; see readCalibration() @throws InputError when the file can't be read */
export async function openCalibration(file: string): Promise<(of: Calibrated) => Calibration> {
  const text = await readSome(file);
  return (of) => readCalibration(of, text, file);
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
export function readCalibration(of: Calibrated, text: string, source: string): Calibration {
  const kept = parse(text, source);
  const { graph } = of;
  const keptRanges = new Map(Object.entries(kept.ranges));
  const keptMeans = new Map(Object.entries(kept.means));
  const ranges = new Map<Value, Range>();
  const means = new Map<Value, Float64Array>();
  for (const value of [...graph.inputs, ...graph.nodes.map(({ output }) => output)]) {
    const range = keptRanges.get(value.name);
    if (range !== undefined) ranges.set(value, range);
    const mean = keptMeans.get(value.name);
    if (mean !== undefined) means.set(value, unpacked(mean));
  }
  for (const { output } of graph.nodes) if (!ranges.has(output)) throw otherGraph(source, `no range of ${output.name}`);
  for (const [{ name, shape }, { length }] of means)
    if (length !== shape.at(-1))
      throw otherGraph(source, `means of ${length} channels of ${name}, which has ${shape.at(-1)}`);
  if (kept.sha256 !== fingerprintOf(of)) throw otherGraph(source, 'other weights, or another range of pixels');
  return { ranges, means };
}

/** Of operators, shapes, weights and the numbers that pixels become. */
function fingerprintOf({ graph, inputRange }: Calibrated): string {
  const hash = createHash('sha256').update(JSON.stringify([inputRange.low, inputRange.high]));
  for (const { inputs, output, ...operator } of graph.nodes) {
    const known = inputs.map((value) => [value.name, value.shape, isConstant(value)]);
    hash.update(JSON.stringify([operator, known, output.name, output.shape]));
    for (const { data } of inputs.filter(isConstant))
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
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
    remedy:
      'Convert the same graph, cut in the same way and with the same --input-range, or calibrate anew: goby convert --save-calibration.',
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

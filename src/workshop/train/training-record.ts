/** What `goby train` leaves inside its models, so that classes can be added later without the old photos. */
import { z } from 'zod';
import { InputError } from '../../errors.ts';
import type { TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { type FeatureSet, normalised } from './feature-set.ts';

const metadataName = 'goby.training';
/** Remembered rows of each class: 55 kB a class with 1,280 features, as base64. */
const examplesPerClass = 32;

const recordSchema = z.object({
  /** 1 held other features: averages and maxima, without square roots. */
  format: z.literal(2),
  architecture: z.string(),
  baseSha256: z.string().regex(/^[0-9a-f]{64}$/),
  labels: z.array(z.string().min(1)).min(2),
  features: z.int().positive(),
  /** Rows of each class, each `features` signed bytes. */
  examples: z.array(z.object({ label: z.int().min(0), rows: z.base64() })),
});

export interface TrainingRecord {
  readonly architecture: string;
  readonly baseSha256: string;
  readonly labels: readonly string[];
  readonly examples: FeatureSet;
}

/** Keeps of each class the rows nearest to its mean, and every so many of the others, so that its spread is remembered too. */
export function rememberExamples({ size, rows, labels }: FeatureSet, classes: number): FeatureSet {
  const kept = Array.from({ length: classes }, (_, label) => {
    const own = rows.filter((_row, at) => labels[at] === label);
    const mean = new Float32Array(size);
    for (const row of own) for (let at = 0; at < size; at++) mean[at]! += row[at]! / own.length;
    const near = own
      .map((row) => ({ row, cosine: row.reduce((sum, value, at) => sum + value * mean[at]!, 0) }))
      .toSorted((a, b) => b.cosine - a.cosine)
      .map(({ row }) => row);
    const step = Math.max(1, near.length / examplesPerClass);
    return Array.from({ length: Math.min(examplesPerClass, near.length) }, (_, at) => near[Math.floor(at * step)]!);
  });
  return { size, rows: kept.flat(), labels: kept.flatMap((own, label) => own.map(() => label)) };
}

export function withTrainingRecord(model: TfliteModel, record: TrainingRecord): TfliteModel {
  const { examples, labels, ...base } = record;
  const content = {
    format: 2,
    ...base,
    labels: [...labels],
    features: examples.size,
    examples: labels.map((_, label) => ({
      label,
      rows: Buffer.concat(examples.rows.filter((_row, at) => examples.labels[at] === label).map(signedBytes)).toString(
        'base64',
      ),
    })),
  } satisfies z.input<typeof recordSchema>;
  return {
    ...model,
    buffers: [...model.buffers, Buffer.from(JSON.stringify(content))],
    metadata: [...(model.metadata ?? []), { name: metadataName, buffer: model.buffers.length }],
  };
}

/** @throws InputError for a model that `goby train` didn't make */
export function readTrainingRecord(model: TfliteModel, name: string): TrainingRecord {
  const entry = model.metadata?.find((one) => one.name === metadataName);
  const refusal = `${name} was not made by goby train, so its classes can't be extended without their photos.`;
  if (entry === undefined) throw new InputError(refusal, { remedy: 'Train it again with all folders.' });
  const content = jsonOf(model.buffers[entry.buffer]);
  if (z.object({ format: z.literal(1) }).safeParse(content).success) {
    throw new InputError(`${name} was made by an older goby train, whose examples can't be learned from any more.`, {
      remedy: 'Train it again with all folders.',
    });
  }
  const parsed = recordSchema.safeParse(content);
  if (!parsed.success) throw new InputError(`${name} holds a damaged record of its training.`);
  const { architecture, baseSha256, labels, features, examples } = parsed.data;
  const rows: Float32Array[] = [];
  const classes: number[] = [];
  for (const { label, rows: packed } of examples) {
    const bytes = Buffer.from(packed, 'base64');
    for (let at = 0; at + features <= bytes.length; at += features) {
      rows.push(normalised(Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset + at, features))));
      classes.push(label);
    }
  }
  return { architecture, baseSha256, labels, examples: { size: features, rows, labels: classes } };
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Only the direction of a row matters: its greatest value becomes 127. */
function signedBytes(row: Float32Array): Uint8Array {
  let greatest = 0;
  for (const value of row) greatest = Math.max(greatest, Math.abs(value));
  const bytes = new Int8Array(row.length);
  for (let at = 0; at < row.length; at++) bytes[at] = Math.round((row[at]! / (greatest || 1)) * 127);
  return new Uint8Array(bytes.buffer);
}

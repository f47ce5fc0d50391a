/** Reads and writes TFLITE_METADATA: what the maker of a model says of its inputs, outputs and labels. */
import { z } from 'zod';
import {
  type AssociatedFile,
  type MetadataValue,
  metadataEntry,
  metadataIdentifier,
  metadataTable,
} from './metadata-schema.ts';
import { readRoot } from './table-reader.ts';
import { writeRoot } from './table-writer.ts';
import type { TfliteModel } from './tflite-model.ts';

/** Label lists and descriptions are short; more is no metadata. */
const maxMetadataBytes = 4 << 20;

/**
 * The metadata of a model; undefined when it has none.
 * @param file how error messages name the file
 * @throws InputError when it is damaged
 */
export function readMetadata(model: TfliteModel, file: string): MetadataValue | undefined {
  const entry = model.metadata?.find(({ name }) => name === metadataEntry);
  const bytes = entry === undefined ? undefined : model.buffers[entry.buffer];
  if (bytes === undefined || bytes.length === 0 || bytes.length > maxMetadataBytes) return undefined;
  return readRoot(bytes, metadataTable, metadataIdentifier, `the metadata of ${file}`);
}

/** The model with this metadata in place of what it had. Files that it names are packed behind the written model: see packFiles. */
export function withMetadata(model: TfliteModel, metadata: MetadataValue): TfliteModel {
  const bytes = writeRoot(metadata, metadataTable, metadataIdentifier, 4096);
  return {
    ...model,
    buffers: [...model.buffers, bytes],
    metadata: [
      ...(model.metadata ?? []).filter(({ name }) => name !== metadataEntry),
      { name: metadataEntry, buffer: model.buffers.length },
    ],
  };
}

/** Mean and standard deviation by which pixels 0..255 of an input become what it wants: one for all channels, or one for each. */
export interface StatedNormalisation {
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
}

/** What the metadata states for the input at this position; undefined when it doesn't, or states what can't be. */
export function statedNormalisation(metadata: MetadataValue, position: number): StatedNormalisation | undefined {
  const [graph] = metadata.subgraphMetadata ?? [];
  for (const { options } of graph?.inputTensorMetadata?.[position]?.processUnits ?? []) {
    if (options?.table !== 'NormalizationOptions') continue;
    const { mean = [], std = [] } = options;
    const isSound = (values: readonly number[]): boolean =>
      (values.length === 1 || values.length === 3) && values.every(Number.isFinite);
    if (isSound(mean) && isSound(std) && std.every((value) => value > 0)) return { mean, standardDeviation: std };
  }
  return undefined;
}

/** The label files of an output, or of any output where it has none itself; those of no locale first. */
export function labelFiles(metadata: MetadataValue, position?: number): readonly AssociatedFile[] {
  const [graph] = metadata.subgraphMetadata ?? [];
  const outputs = graph?.outputTensorMetadata ?? [];
  const own = position === undefined ? [] : (outputs[position]?.associatedFiles ?? []);
  const all = [
    ...own,
    ...outputs.flatMap(({ associatedFiles = [] }) => associatedFiles),
    ...(graph?.associatedFiles ?? []),
  ];
  const labels = all.filter(({ type }) => type === 'TENSOR_AXIS_LABELS' || type === 'TENSOR_VALUE_LABELS');
  return labels.toSorted((a, b) => Number(a.locale !== undefined) - Number(b.locale !== undefined));
}

/** What goby states of its own, as custom metadata named `goby`: JSON. */
const ownSchema = z.object({ fit: z.enum(['letterbox', 'stretch']).optional() });
const ownName = 'goby';

export type OwnMetadata = z.output<typeof ownSchema>;

/** For customMetadata of a graph's metadata. */
export function ownMetadata(own: OwnMetadata): { readonly name: string; readonly data: Uint8Array } {
  return { name: ownName, data: Buffer.from(JSON.stringify(own)) };
}

/** What goby stated; empty when it didn't. */
export function readOwnMetadata(metadata: MetadataValue): OwnMetadata {
  const [graph] = metadata.subgraphMetadata ?? [];
  const data = graph?.customMetadata?.find(({ name }) => name === ownName)?.data;
  try {
    return ownSchema.parse(JSON.parse(Buffer.from(data ?? []).toString('utf8')));
  } catch {
    return {};
  }
}

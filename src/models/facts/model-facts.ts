/** Everything that a .tflite file says of itself: one reader of graph, metadata and packed files, for everybody. Pure. */
import { sentence } from '../../errors.ts';
import { readLiteral } from '../labels/literal.ts';
import { packedLabels } from '../labels/packed-labels.ts';
import type { Decoder } from '../model.ts';
import { packedFiles } from '../tflite-file/associated-files.ts';
import { edgeTpuOperator } from '../tflite-file/delegate-coverage.ts';
import { readMetadata, readOwnMetadata } from '../tflite-file/metadata.ts';
import type { MetadataValue } from '../tflite-file/metadata-schema.ts';
import { readModel } from '../tflite-file/read-model.ts';
import type { TfliteModel } from '../tflite-file/tflite-model.ts';
import { GraphWalk } from './graph-walk.ts';
import { readInput } from './input-reading.ts';
import { inputRefusal, inputRemedy } from './input-refusal.ts';
import { readOutputs } from './output-reading.ts';
import type { ModelFacts } from './reading.ts';

export interface FactsQuestion {
  /** How messages name the file. */
  readonly name: string;
  /** As the configuration has them. */
  readonly decoder?: Decoder | undefined;
  readonly task?: 'classify' | 'detect' | undefined;
  /** Positions of inputs that outputs are fed back to. */
  readonly fedBack?: readonly number[];
}

/**
 * @param bytes of a whole .tflite file
 * @throws InputError when it is damaged
 */
export function readFacts(bytes: Uint8Array, question: FactsQuestion): ModelFacts {
  const { name, decoder, task, fedBack = [] } = question;
  const model = readModel(bytes, name);
  const walk = new GraphWalk(model);
  const { metadata, problem } = metadataOf(model, name);
  const statedTask = statedYoloTask(bytes, name);
  const outputs =
    walk.graph.outputs.length === 0
      ? { refusal: 'it has no output' }
      : walk.graph.inputs.length === 0
        ? { refusal: 'it has no input' }
        : readOutputs({ walk, metadata, statedTask, decoder, task });
  const readable = 'refusal' in outputs ? undefined : outputs;
  const refusal = inputRefusal(walk, fedBack);
  const packed = packedLabels(bytes, name, metadata, labelOutput(readable?.roles), readable?.classes);
  const fit = metadata && readOwnMetadata(metadata).fit;
  const notes = [problem, packed.problem, ...(readable?.notes ?? [])].filter((note) => note !== undefined);
  return {
    outputs,
    input:
      refusal === undefined
        ? readInput(walk, metadata, readable?.decoder)
        : { refusal, remedy: inputRemedy(walk, fedBack) },
    ...(packed.list === undefined ? {} : { labels: { ...packed.list, file: packed.file! } }),
    ...(fit === undefined ? {} : { fit }),
    compiledForEdgeTpu: walk.graph.operators.some((operator) => walk.nameOf(operator) === edgeTpuOperator),
    notes,
  };
}

/** Metadata that can't be read is a note: the model runs without it. */
function metadataOf(model: TfliteModel, name: string): { metadata?: MetadataValue; problem?: string } {
  try {
    const metadata = readMetadata(model, name);
    return metadata === undefined ? {} : { metadata };
  } catch (error) {
    return { problem: sentence(error) };
  }
}

/** Position of the output whose values the labels are of: a detector's classes, a classifier's scores. */
function labelOutput(roles: Readonly<Record<string, number>> | undefined): number | undefined {
  return roles?.['classes'] ?? roles?.['scores'];
}

/** A description of a few hundred bytes. */
const maxDescriptionBytes = 256 << 10;

/** The task that Ultralytics' export writes into its description. */
function statedYoloTask(bytes: Uint8Array, name: string): string | undefined {
  const { files } = packedFiles(bytes, name);
  const file = files.find((one) => /^(temp_)?meta(data)?\.(txt|json)$/i.test(one.name));
  if (file === undefined) return undefined;
  try {
    const described = readLiteral(Buffer.from(file.content(maxDescriptionBytes)).toString('utf8'));
    const task = described instanceof Map ? described.get('task') : undefined;
    return typeof task === 'string' ? task : undefined;
  } catch {
    return undefined;
  }
}

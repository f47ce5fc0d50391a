/** The labels that a .tflite file carries itself: in files packed behind it, which its metadata may name. */
import { sentence } from '../../errors.ts';
import { packedFiles } from '../tflite-file/associated-files.ts';
import { labelFiles } from '../tflite-file/metadata.ts';
import type { MetadataValue } from '../tflite-file/metadata-schema.ts';
import type { ZipEntry } from '../zip.ts';
import type { LabelList } from './label-list.ts';
import { maxLabelBytes, parseLabels } from './read-labels.ts';

export interface PackedLabels {
  readonly list?: LabelList;
  /** Name of the packed file. */
  readonly file?: string;
  /** Why packed labels can't be used, as a sentence. */
  readonly problem?: string;
}

/** Names of label files, and of the descriptions that YOLO's exports pack (with `names` inside). */
const likely = [
  /label.*\.(txt|pbtxt|json)$/i,
  /^(temp_)?meta(data)?\.(txt|json|yaml)$/i,
  /(classes|names)\.(txt|names)$/i,
];

/**
 * @param metadata of the model, where it has any: names the file of the output that the labels are of
 * @param output position of that output
 */
export function packedLabels(
  model: Uint8Array,
  name: string,
  metadata?: MetadataValue,
  output?: number,
  classes?: number,
): PackedLabels {
  const { files, problem } = packedFiles(model, name);
  if (problem !== undefined) return { problem };
  const named = metadata === undefined ? [] : labelFiles(metadata, output).map((file) => file.name);
  const isNamed = ({ name: own }: ZipEntry): boolean => named.includes(own);
  const found = files.find(isNamed) ?? likely.map((word) => files.find((file) => word.test(file.name))).find(Boolean);
  if (found === undefined) return {};
  try {
    return { list: parseLabels(found.content(maxLabelBytes), classes), file: found.name };
  } catch (error) {
    return { problem: `The labels ${found.name} inside ${name} can't be used: ${sentence(error)}.` };
  }
}

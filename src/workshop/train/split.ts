/**
 * Training, validation and test photos, told apart by a stable hash of the file name: a photo never moves between the sets when
 * others are added. The rule is that of TensorFlow's retrain.py, with `_nohash_` and what follows it left out of the hash,
 * so that several pictures of one thing stay together.
 */
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';

export type SetName = 'training' | 'validation' | 'testing';

export interface SplitPercentages {
  /** 0..100, together below 100. */
  readonly validation: number;
  readonly testing: number;
}

/** MAX_NUM_IMAGES_PER_CLASS of retrain.py. */
const greatest = 2 ** 27 - 1;

export function setOf(file: string, { validation, testing }: SplitPercentages): SetName {
  const percentage = hashedPercentage(file);
  if (percentage < validation) return 'validation';
  return percentage < validation + testing ? 'testing' : 'training';
}

/** 0..100, spread evenly over names. */
export function hashedPercentage(file: string): number {
  const name = basename(file, extname(file)).replace(/_nohash_.*$/, '');
  const digest = BigInt(`0x${createHash('sha1').update(name).digest('hex')}`);
  return (Number(digest % BigInt(greatest + 1)) * 100) / greatest;
}

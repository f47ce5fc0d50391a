/** The part of the schema that describes a model of the user's own. */
import { z } from 'zod';
import { expects, listOf, oneOf, path, pattern, realNumber, section, wholeNumber } from './values.ts';

/** One number for all channels, or one each for red, green and blue. */
const perChannel = (expected: string, number: ReturnType<typeof realNumber>, example: number) =>
  z.union([number, z.tuple([number, number, number])], { error: expects(expected, example) });

const normalisation = section({
  mean: perChannel('a number, or three of them for red, green and blue', realNumber(-1e6, 1e6, 127.5), 127.5),
  std: perChannel('a number above 0, or three of them for red, green and blue', realNumber(1e-6, 1e6, 127.5), 127.5),
});

const range = z
  .tuple([realNumber(-1e6, 1e6, 0), realNumber(-1e6, 1e6, 1)], {
    error: expects('the values of a black and of a white pixel', [0, 1]),
  })
  .refine(([low, high]) => high > low, { error: expects('two numbers, the greater one second', [0, 1]) });

export const ownModelSection = section({
  task: oneOf(['classify', 'detect']),
  file: path('models/mine.tflite'),
  edgetpuFile: path('models/mine_edgetpu.tflite').optional(),
  labels: path('models/mine.txt').optional(),
  /** How outputs are read; absent: as the file's graph shows. */
  decoder: oneOf(['classification', 'ssd', 'ssd-raw', 'yolo', 'fomo', 'blazeface']).optional(),
  /** real value = (pixel - mean) / std; absent: as the file's metadata or graph say, else -1..1 for float inputs. */
  normalisation: normalisation.optional(),
  /** The same by its ends: what a black and a white pixel become. */
  range: range.optional(),
  /** How pictures are put into the input; absent: as models of its decoder are trained. */
  fit: oneOf(['letterbox', 'stretch']).optional(),
  /** Refuse files with another SHA-256. */
  sha256: pattern(/^[0-9a-f]{64}$/, 'a SHA-256 in 64 lower-case hex digits', '0'.repeat(64)).optional(),
  /** Outputs that are fed back as inputs of the next frame, by position: recurrent state. */
  feedback: listOf(section({ output: wholeNumber(0, 63, 4), input: wholeNumber(0, 63, 1) }), {
    expected: 'a list of outputs with inputs',
    example: '[{ output: 4, input: 1 }]',
    most: 64,
  }).default([]),
});

export type OwnModelConfig = z.output<typeof ownModelSection>;

/** What the readers of outputs are given: a graph, and what is known of it. */
import type { Decoder } from '../model.ts';
import type { MetadataValue } from '../tflite-file/metadata-schema.ts';
import type { GraphWalk } from './graph-walk.ts';

export interface OutputQuestion {
  readonly walk: GraphWalk;
  readonly metadata?: MetadataValue | undefined;
  /** What YOLO's export states: detect, pose, segment, ... */
  readonly statedTask?: string | undefined;
  /** As the configuration has them; they narrow what is looked for. */
  readonly decoder?: Decoder | undefined;
  readonly task?: 'classify' | 'detect' | undefined;
}

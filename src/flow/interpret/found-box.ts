/** A box that a detector's decoder found: the noun that decoders hand to decode. */
import type { Box } from '../../geometry/boxes.ts';

export interface FoundBox {
  /** 0 is the first thing that the model finds; a background is not counted. */
  readonly classIndex: number;
  /** 0..1. */
  readonly score: number;
  /** Fractions of the tensor. */
  readonly box: Box;
}

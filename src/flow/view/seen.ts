/** What is drawn over a live picture: written as JSON beside it, and read by the page. */
import type { Box } from '../../geometry/boxes.ts';

export interface SeenFrame {
  /** ISO 8601. */
  readonly time: string;
  readonly frame: number;
  /** Nothing moved, and the frame was not looked at. */
  readonly still?: true;
  readonly backend?: string;
  readonly model?: string;
  readonly latencyMs?: Readonly<Record<string, number>>;
  readonly detections: readonly {
    readonly label: string;
    readonly score: number;
    readonly box?: Box;
    /** Id of the event that it belongs to. */
    readonly track?: string;
    /** Known to be there, though this frame doesn't show it whole. */
    readonly held?: true;
  }[];
  /** Below the minimum score: the best of what another one would let through. */
  readonly weak?: readonly { readonly label: string; readonly score: number; readonly box?: Box }[];
  /** Where was looked, and why. */
  readonly regions?: readonly { readonly box: Box; readonly reason: string }[];
  /** Where something moved. */
  readonly motion?: readonly Box[];
}

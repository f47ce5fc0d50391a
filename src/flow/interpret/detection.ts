/** A detection: what a model says it sees in one frame. The noun that interpret/ hands on. */
import type { Box } from '../../geometry/boxes.ts';
import type { Backend } from '../../models/model-file.ts';
import type { InputHalf, RegionReason } from '../regions/region.ts';

/** A guess of a second-stage model about one detection, such as gender or emotion. Always an estimate. */
export interface Estimate {
  /** What is guessed: `gender`, `age`, `emotion`, or the name that the configuration gives it. */
  readonly name: string;
  /** A label of the model, or a number such as years. */
  readonly value: string | number;
  /** 0..1 where the model gives one. */
  readonly score?: number;
  readonly model: string;
  readonly modelSha256: string;
  /** How many crops were voted over; absent: the guess of a single crop. */
  readonly crops?: number;
}

/** The sides at which the edge of a region cuts an object that goes on behind it. */
export interface CutSides {
  readonly left?: true;
  readonly top?: true;
  readonly right?: true;
  readonly bottom?: true;
}

/** A part of the frame that was looked at. */
export interface LookedAt {
  /** In fractions of the frame. */
  readonly box: Box;
  readonly reason: RegionReason;
  /** It shared an inference with another; the lower half comes right after its upper half. */
  readonly half?: InputHalf | undefined;
}

export interface Detection {
  /** As the label file spells it, such as `traffic light`. Topics use its slug. */
  readonly label: string;
  /** 0..1. */
  readonly score: number;
  /** Absent for classifications of the whole frame. */
  readonly box?: Box;
  readonly estimates?: readonly Estimate[];
  /** Positions in Detections.regions of the looks that showed it, the best first; absent: the whole frame was looked at. */
  readonly seenIn?: readonly number[];
  /** Absent: it is whole, as far as the frame shows it. */
  readonly cut?: CutSides;
}

/** An object that is told though no look at this frame shows it whole: nobody looked there, or a look missed it or cut it. */
export interface HeldObject {
  /** Id of its event. */
  readonly id: string;
  readonly label: string;
  /** Smoothed over the last looks, 0..1. */
  readonly score: number;
  /** Where it should be, within the frame. */
  readonly box: Box;
}

/** All that was found in one frame, best score first. */
export interface Detections {
  readonly camera: string;
  readonly frameSequence: number;
  /** Wall clock of the frame, ms since 1970. */
  readonly capturedAtMs: number;
  /** performance.now() of the frame. */
  readonly monotonicMs: number;
  readonly frameWidthPx: number;
  readonly frameHeightPx: number;
  readonly model: string;
  readonly modelSha256: string;
  readonly backend: Backend;
  readonly latencyMs: {
    readonly preprocess: number;
    readonly infer: number;
    readonly invoke: number;
    readonly interpret: number;
  };
  /** With at least the camera's minimum score. */
  readonly detections: readonly Detection[];
  /** Below it, but enough for the tracker to carry on what it knows already; not published. */
  readonly weak?: readonly Detection[];
  /** Of detections of other looks, but perhaps their neighbours: for the tracker only. */
  readonly doubles?: readonly Detection[];
  /** What was looked at: one for each inference, or two that share it; absent: the whole frame. */
  readonly regions?: readonly LookedAt[] | undefined;
  /** Where something moved; absent: nobody knows. */
  readonly moving?: readonly Box[] | undefined;
  /** Known objects that `detections` don't show; only where regions were looked at. */
  readonly held?: readonly HeldObject[] | undefined;
  /** Positions in `detections` of what is a piece of a tracked object, cut by the edge of a region: not told. */
  readonly pieces?: readonly number[] | undefined;
  readonly origin?: string;
}

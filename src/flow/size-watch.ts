/** One camera's usual sizes in its flow: learnt of tracked objects, kept on the disk, and forgotten when the camera moves. */
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { SourceConfig } from '../config/camera-section.ts';
import type { Box } from '../geometry/boxes.ts';
import type { Logger } from '../logger.ts';
import type { Frame } from './capture/frame.ts';
import { createThumbnailer } from './gate/thumbnail.ts';
import type { Detections } from './interpret/detection.ts';
import type { Sink } from './sink.ts';
import type { KeptSizes, SizesOf } from './sizes/kept-sizes.ts';
import type { JudgeSize } from './sizes/size-judgement.ts';
import type { SizesFile } from './sizes/sizes-file.ts';
import { judgeHeight, learnHeight, placeOf, type UsualHeights } from './sizes/usual-heights.ts';
import { comparing, type GreyPicture, shrunk, type View, viewOf } from './sizes/view.ts';
import { afterVerdict, firstView, keptView, type ViewTrust } from './sizes/view-trust.ts';
import type { Event, TrackedDetection } from './track/event.ts';

export interface SizeReport {
  /** Sightings that were learnt from since the start. */
  readonly learntTotal: number;
  /** What was learnt before the start still counts. */
  readonly kept: boolean;
  /** Does the camera look at what it looked at when it was learnt? While that is doubtful nothing is learnt or judged. */
  readonly view: 'none' | 'same' | 'doubtful';
  /** The camera had moved, or gives other frames: it was begun anew. */
  readonly forgottenTotal: number;
  /** Detections of an unusual size, where that is a filter. */
  readonly unusualTotal: number;
}

export interface SizeWatchOptions {
  readonly camera: string;
  readonly source: SourceConfig;
  readonly file: SizesFile;
  readonly logger: Logger;
}

export interface SizeWatch {
  readonly sink: Sink;
  readonly judge: JudgeSize;
  readonly report: SizeReport;
  /** Called when the camera is seen to have moved. */
  onMoved(listener: () => void): void;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

/** The view is looked at this often, and at the start sooner: so many times. */
const viewEveryMs = 60_000;
const firstViewEveryMs = 5000;
const firstViews = 5;
/** What one object teaches: looks so far apart, and so many at one place, that nobody who stands there is the measure for all. */
const learnEveryMs = 400;
const mostOfOne = 8;
/** The disk is written this often at most. */
const writeEveryMs = 900_000;
/** A view with so much more to see takes the place of the old one, such as that of the night. */
const clearer = 1.5;

interface Learnt {
  readonly of: SizesOf;
  readonly heights: UsualHeights;
  picture: GreyPicture | undefined;
  view: View | undefined;
  trust: ViewTrust;
}

export function createSizeWatch({ camera, source, file, logger }: SizeWatchOptions): SizeWatch {
  const thumbnail = createThumbnailer();
  const sourceMark = markOf(source);
  let kept: KeptSizes | undefined = file.read();
  let learnt: Learnt | undefined;
  let isKept = false;
  let isChanged = false;
  let [learntTotal, forgottenTotal, unusualTotal] = [0, 0, 0];
  let isLooking = false;
  let views = 0;
  let nextViewMs = Number.NEGATIVE_INFINITY;
  let writtenMs: number | undefined;
  /** By event: when it was learnt from last, and how often at each place. */
  const seenOf = new Map<string, { atMs: number; readonly places: Map<number, number> }>();
  /** Boxes that were counted: a box may be asked about twice. */
  const unusual = new WeakSet<Box>();
  const listeners: (() => void)[] = [];

  const begin = (of: SizesOf): Learnt => {
    if (kept !== undefined && areSame(kept.of, of)) {
      const { heights, picture } = kept;
      isKept = true;
      learnt = { of, heights, picture, view: viewOf(picture), trust: keptView };
    } else {
      if (kept !== undefined) {
        forgottenTotal += 1;
        logger.info('the usual sizes are learnt anew: the frames have another size, rotation or source than before');
      }
      isKept = false;
      learnt = { of, heights: new Map(), picture: undefined, view: undefined, trust: firstView };
    }
    kept = undefined;
    views = 0;
    return learnt;
  };
  const learntOf = (frame: Frame): Learnt => {
    const of = { ...sizeOf(frame), source: sourceMark };
    if (learnt !== undefined && areSame(learnt.of, of)) return learnt;
    if (learnt?.picture !== undefined) kept = { of: learnt.of, picture: learnt.picture, heights: learnt.heights };
    return begin(of);
  };

  const look = async (frame: Frame): Promise<void> => {
    const now = learntOf(frame);
    isLooking = true;
    frame.retain();
    const seen = await thumbnail(frame).then(shrunk, () => undefined);
    frame.release();
    if (seen !== undefined) await take(now, seen, frame.monotonicMs);
    isLooking = false;
  };
  const take = async (now: Learnt, picture: GreyPicture, nowMs: number): Promise<void> => {
    const view = viewOf(picture);
    // The first one, or one that an older version kept in another size.
    if (now.view === undefined || now.view.heightPx !== view.heightPx || now.view.widthPx !== view.widthPx) {
      if (now.view !== undefined) now.heights.clear();
      Object.assign(now, { picture, view, trust: firstView });
      return;
    }
    const comparison = comparing(now.view, view);
    let step = comparison.next();
    while (step.done !== true) {
      // Other frames come first.
      await turn();
      step = comparison.next();
    }
    const { trust, over } = afterVerdict(now.trust, step.value, nowMs);
    now.trust = trust;
    if (step.value === 'same' && view.detail > clearer * now.view.detail) Object.assign(now, { picture, view });
    if (!over || now !== learnt) return;
    logger.info('the camera looks elsewhere than before: the usual sizes are learnt anew');
    forgottenTotal += 1;
    isKept = false;
    isChanged = true;
    learnt = { of: now.of, heights: new Map(), picture, view, trust: firstView };
    for (const listener of listeners) listener();
  };
  const mayLook = (frame: Frame): void => {
    const nowMs = frame.monotonicMs;
    if (frame.origin !== undefined || isLooking || nowMs < nextViewMs) return;
    nextViewMs = nowMs + (++views < firstViews ? firstViewEveryMs : viewEveryMs);
    void look(frame);
  };

  const learn = (seen: Detections, tracked: readonly TrackedDetection[], heights: UsualHeights): void => {
    for (const { id, detection } of tracked) {
      const { label, box, cut } = seen.detections[detection]!;
      if (box === undefined || cut !== undefined) continue;
      const before = seenOf.get(id) ?? { atMs: Number.NEGATIVE_INFINITY, places: new Map<number, number>() };
      const place = placeOf(box);
      const times = before.places.get(place) ?? 0;
      if (seen.monotonicMs - before.atMs < learnEveryMs || times >= mostOfOne) continue;
      before.atMs = seen.monotonicMs;
      before.places.set(place, times + 1);
      seenOf.set(id, before);
      learnHeight(heights, label, box);
      learntTotal += 1;
      isChanged = true;
    }
  };
  const write = async (): Promise<void> => {
    if (!isChanged || learnt?.picture === undefined) return;
    isChanged = false;
    const { of, picture, heights } = learnt;
    if (!(await file.write({ of, picture, heights }))) isChanged = true;
  };

  return {
    sink: {
      frame: (frame, seen, tracked) => {
        if (frame.camera !== camera || frame.origin !== undefined) return;
        const { heights, trust, view } = learntOf(frame);
        mayLook(frame);
        if (trust.holds && view !== undefined) learn(seen, tracked, heights);
        writtenMs ??= frame.monotonicMs;
        if (frame.monotonicMs - writtenMs < writeEveryMs) return;
        writtenMs = frame.monotonicMs;
        void write();
      },
      still: (frame) => {
        if (frame.camera === camera) mayLook(frame);
      },
      event: ({ type, id }: Event) => {
        if (type === 'end') seenOf.delete(id);
      },
    },
    judge: (label, box) => {
      if (learnt?.trust.holds !== true) return undefined;
      const judgement = judgeHeight(learnt.heights, label, box);
      if (judgement?.fits === false && !unusual.has(box)) {
        unusual.add(box);
        unusualTotal += 1;
      }
      return judgement;
    },
    get report() {
      return { learntTotal, kept: isKept, view: viewState(learnt), forgottenTotal, unusualTotal };
    },
    onMoved: (listener) => {
      listeners.push(listener);
    },
    stop: write,
  };
}

function viewState(learnt: Learnt | undefined): SizeReport['view'] {
  if (learnt?.view === undefined) return 'none';
  return learnt.trust.holds ? 'same' : 'doubtful';
}

function sizeOf({ widthPx, heightPx, rotationDeg }: Frame): Omit<SizesOf, 'source'> {
  return { widthPx, heightPx, rotationDeg };
}

function areSame(a: SizesOf, b: SizesOf): boolean {
  return (
    a.widthPx === b.widthPx && a.heightPx === b.heightPx && a.rotationDeg === b.rotationDeg && a.source === b.source
  );
}

/** Another camera has another mark. It is a hash: an address may hold a name and a password. */
export function markOf(source: SourceConfig): string {
  const input = 'input' in source ? source.input : undefined;
  const turned = 'cameraIndex' in source ? [source.cameraIndex, source.flipHorizontal, source.flipVertical] : [];
  return createHash('sha256')
    .update(JSON.stringify([source.type, input, turned]))
    .digest('hex');
}

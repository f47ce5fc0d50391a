/** The motion gate: is this frame worth an inference? It is while something moves, shortly after, and every few seconds anyway. */

import type { Polygon } from '../../geometry/polygon.ts';
import type { Frame } from '../capture/frame.ts';
import type { Motion } from './admission.ts';
import { countedPixels, uprightBox } from './counted-pixels.ts';
import { createMotionModel, type MotionModel } from './motion-model.ts';
import { createThumbnailer } from './thumbnail.ts';

export interface MotionGateOptions {
  /** In fractions of the upright frame: what moves there doesn't count. */
  readonly masks: readonly Polygon[];
  /** The gate stays open for this long after the last motion, so that the tracker sees things come to rest. */
  readonly lingerMs: number;
  /** At least one frame in this time is looked at. */
  readonly forcedLookMs: number;
}

/** moving: something moves or did just now; forced: nothing does, but it was time; idle: not worth an inference. */
export type GateVerdict = 'moving' | 'forced' | 'idle';

export interface MotionGate {
  /**
   * True while it stays open after a motion: the frame is worth an inference whatever it shows. It is still to be judged, so
   * that the gate learns what it shows, but that need not come first.
   */
  isOpen(frame: Frame): boolean;
  /** Called for each frame in order; calls wait for each other. frame.bytes are not read after it resolved. Never rejects. */
  judge(frame: Frame): Promise<GateVerdict>;
  /** What moved in the frame that was judged last; undefined before there was one. */
  readonly motion: Motion | undefined;
}

export function createMotionGate({ masks, lingerMs, forcedLookMs }: MotionGateOptions): MotionGate {
  const thumbnail = createThumbnailer();
  let model: { readonly key: string; readonly motion: MotionModel } | undefined;
  let motion: Motion | undefined;
  let lastMotionMs = Number.NEGATIVE_INFINITY;
  let lastLookMs = Number.NEGATIVE_INFINITY;
  let last: Promise<unknown> = Promise.resolve();

  const isOpen = ({ monotonicMs }: Frame): boolean => monotonicMs - lastMotionMs <= lingerMs;

  async function judge(frame: Frame): Promise<GateVerdict> {
    const picture = await thumbnail(frame).catch(() => undefined);
    // What can't be decoded isn't held back: the preprocessor tells what is wrong with it.
    if (picture === undefined) return 'moving';
    const { widthPx, heightPx, bytes } = picture;
    const key = `${widthPx} ${heightPx} ${frame.rotationDeg}`;
    if (model?.key !== key) {
      const counted = countedPixels({ widthPx, heightPx }, masks, frame.rotationDeg);
      model = { key, motion: createMotionModel({ widthPx, heightPx, counted }) };
    }
    const nowMs = frame.monotonicMs;
    const reading = model.motion.take(bytes, nowMs);
    if (reading.moved) lastMotionMs = nowMs;
    const { boxes } = reading.motion;
    motion = { ...reading.motion, boxes: boxes.map((box) => uprightBox(box, frame.rotationDeg)) };
    const verdict = isOpen(frame) ? 'moving' : nowMs - lastLookMs >= forcedLookMs ? 'forced' : 'idle';
    if (verdict !== 'idle') lastLookMs = nowMs;
    return verdict;
  }

  return {
    isOpen,
    judge: (frame) => {
      const verdict = last.then(() => judge(frame));
      last = verdict;
      return verdict;
    },
    get motion() {
      return motion;
    },
  };
}

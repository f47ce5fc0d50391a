/** One camera's motion gate in its flow: which frames it is asked about, how many it skips, and what health is told. */

import { type CameraConfig, takesSinglePictures } from '../config/camera-section.ts';
import type { Health } from '../system/service/health.ts';
import type { Frame } from './capture/frame.ts';
import type { Admission } from './gate/admission.ts';
import { createMotionGate, type MotionGate } from './gate/motion-gate.ts';

/** Idle is told after this long without motion: health is no motion detector. */
const idleAfterMs = 10_000;
/** A forced look may be this late before the gate counts as stuck. */
const lateMs = 60_000;

export interface GateWatchOptions {
  readonly camera: string;
  readonly config: Pick<CameraConfig, 'source' | 'motion' | 'masks'>;
  readonly health: Health;
}

export interface GateWatch {
  /** Is this frame worth an inference? One call at a time. */
  admits(frame: Frame): Promise<Admission>;
  /** No frames come: the gate owes no look. */
  pause(): void;
  readonly skippedTotal: number;
}

/** Where every frame is to be looked at: without a gate, and of single photos. */
const openGate: GateWatch = {
  admits: () => Promise.resolve({ admitted: true }),
  pause: () => undefined,
  skippedTotal: 0,
};

export function createGateWatch({ camera, config, health }: GateWatchOptions): GateWatch {
  const { gate: mode, forcedLookMs } = config.motion;
  if (mode === 'off' || (mode === 'auto' && takesSinglePictures(config.source))) return openGate;
  const gate: MotionGate = createMotionGate({ ...config.motion, masks: config.masks });
  const part = `gate/${camera}`;
  let skippedTotal = 0;
  let lastMotionMs = Number.NEGATIVE_INFINITY;
  let lastLookMs = Number.NEGATIVE_INFINITY;
  const report = (state: 'open' | 'idle' | 'paused', detail: string): void => {
    // Only while it holds frames back is a look owed, and by when that is due is known.
    const waitUntilMs = state === 'idle' ? lastLookMs + 2 * forcedLookMs + lateMs : Number.POSITIVE_INFINITY;
    health.report(part, { state, detail, waitUntilMs, stallAfterMs: lateMs });
  };
  return {
    admits: async (frame) => {
      // A photo of a folder is no frame of a film: each may show something else.
      if (mode === 'auto' && frame.origin !== undefined) return { admitted: true };
      const isOpen = gate.isOpen(frame);
      const verdict = isOpen ? 'moving' : await gate.judge(frame);
      const nowMs = frame.monotonicMs;
      if (verdict === 'moving') lastMotionMs = nowMs;
      if (verdict !== 'idle') lastLookMs = nowMs;
      if (nowMs - lastMotionMs < idleAfterMs) report('open', 'something moves, or did a moment ago');
      else report('idle', `nothing moves; a look every ${forcedLookMs / 1000} s`);
      const { motion } = gate;
      if (isOpen) return { admitted: true, motion, learn: () => gate.judge(frame) };
      if (verdict !== 'idle') return { admitted: true, motion, forced: verdict === 'forced' };
      skippedTotal += 1;
      return { admitted: false };
    },
    pause: () => {
      // A gate that was never asked, such as that of photos, is no part of the whole.
      if (health.get(part) !== undefined) report('paused', 'no frames come');
    },
    get skippedTotal() {
      return skippedTotal;
    },
  };
}

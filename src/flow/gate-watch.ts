/** One camera's motion gate in its flow: which frames it is asked about, how many it skips, and what health is told. */
import { isDeepStrictEqual } from 'node:util';
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
  readonly config: GateWatchConfig & Pick<CameraConfig, 'source'>;
  readonly health: Health;
}

/** What of a camera's configuration can change while it works. */
export type GateWatchConfig = Pick<CameraConfig, 'motion' | 'masks'>;

export interface GateWatch {
  /** Is this frame worth an inference? One call at a time. */
  admits(frame: Frame): Promise<Admission>;
  /** No frames come: the gate owes no look. */
  pause(): void;
  /** Takes other settings from the next frame on. A gate that is made anew looks at the first picture. */
  reconfigure(config: GateWatchConfig): void;
  readonly skippedTotal: number;
}

type Admits = (frame: Frame) => Promise<Admission>;

/** Where every frame is to be looked at: without a gate, and of single photos. */
const everything: Admits = () => Promise.resolve({ admitted: true });

export function createGateWatch({ camera, config: configured, health }: GateWatchOptions): GateWatch {
  const part = `gate/${camera}`;
  let { motion, masks }: GateWatchConfig = configured;
  let skippedTotal = 0;
  const report: ReportGate = (state, detail, waitUntilMs) => {
    health.report(part, { state, detail, waitUntilMs, stallAfterMs: lateMs });
  };
  const pause = (detail: string): void => {
    // A gate that was never asked, such as that of photos, is no part of the whole.
    if (health.get(part) !== undefined) report('paused', detail, Number.POSITIVE_INFINITY);
  };
  const isOff = (): boolean =>
    motion.gate === 'off' || (motion.gate === 'auto' && takesSinglePictures(configured.source));
  const made = (): Admits => (isOff() ? everything : gateOf({ motion, masks }, report));
  let admits = made();
  return {
    admits: async (frame) => {
      const admission = await admits(frame);
      if (!admission.admitted) skippedTotal += 1;
      return admission;
    },
    pause: () => pause('no frames come'),
    reconfigure: (next) => {
      if (isDeepStrictEqual([next.motion, next.masks], [motion, masks])) return;
      ({ motion, masks } = next);
      admits = made();
      if (isOff()) pause('every frame is looked at, as configured');
    },
    get skippedTotal() {
      return skippedTotal;
    },
  };
}

/** @param waitUntilMs when the gate counts as stuck: only while it holds frames back is a look owed */
type ReportGate = (state: 'open' | 'idle' | 'paused', detail: string, waitUntilMs: number) => void;

function gateOf({ motion: { gate: mode, ...timing }, masks }: GateWatchConfig, report: ReportGate): Admits {
  const gate: MotionGate = createMotionGate({ ...timing, masks });
  const { forcedLookMs } = timing;
  let lastMotionMs = Number.NEGATIVE_INFINITY;
  let lastLookMs = Number.NEGATIVE_INFINITY;
  return async (frame) => {
    // A photo of a folder is no frame of a film: each may show something else.
    if (mode === 'auto' && frame.origin !== undefined) return { admitted: true };
    const isOpen = gate.isOpen(frame);
    const verdict = isOpen ? 'moving' : await gate.judge(frame);
    const nowMs = frame.monotonicMs;
    if (verdict === 'moving') lastMotionMs = nowMs;
    if (verdict !== 'idle') lastLookMs = nowMs;
    if (nowMs - lastMotionMs < idleAfterMs) {
      report('open', 'something moves, or did a moment ago', Number.POSITIVE_INFINITY);
    } else {
      report('idle', `nothing moves; a look every ${forcedLookMs / 1000} s`, lastLookMs + 2 * forcedLookMs + lateMs);
    }
    const { motion } = gate;
    if (isOpen) return { admitted: true, motion, learn: () => gate.judge(frame) };
    if (verdict !== 'idle') return { admitted: true, motion, forced: verdict === 'forced' };
    return { admitted: false };
  };
}

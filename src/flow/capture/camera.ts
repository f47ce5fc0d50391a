/** The port to anything that gives frames. Adapters: rpicam, ffmpeg, stills, folder. */
import type { Frame } from './frame.ts';

/** What a camera is doing, as published under health. `waitUntilMs` is the deadline of a declared wait. */
export interface CameraStatus {
  readonly state: 'starting' | 'streaming' | 'reconnecting' | 'ended' | 'stopped';
  /** A sentence: why it reconnects and how to mend it, or which program at which size streams. */
  readonly detail: string;
  /**
   * Next attempt or end of the stall timeout, performance.now() ms. Absent when nothing is awaited, and while frames
   * stream more often than once a second.
   */
  readonly waitUntilMs?: number;
}

export interface CameraEvents {
  /** Called for every whole frame. The receiver owns the frame and must release() it. Never called after stop() resolved. */
  onFrame(frame: Frame): void;
  /**
   * Called on every change of state or detail, and, where more than a second passes between frames, after each frame
   * with the new deadline.
   */
  onStatus(status: CameraStatus): void;
}

/** Counters since start; all only grow. */
export interface CameraCounters {
  framesTotal: number;
  /** Truncated or corrupt frames that were skipped. */
  corruptTotal: number;
  restartsTotal: number;
  /** Frames that had to be dropped because no buffer of the pool was free. */
  droppedTotal: number;
}

export interface Camera {
  readonly name: string;
  readonly counters: Readonly<CameraCounters>;
  /** Starts and returns at once; failures are retried and told through onStatus, never thrown. Call once. */
  start(events: CameraEvents): void;
  /** Ends the program and waits for it; no event follows. May be called at any time, more than once. */
  stop(): Promise<void>;
}

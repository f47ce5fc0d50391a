/** Bench: frames that are looked at whole and in regions, in turns, so that both meet the machine in the same mood. */
import {
  type FrameLatency,
  type FrameLatencyOptions,
  type FrameRun,
  latencyOf,
  measureFrameLatency,
} from './frame-latency.ts';

export interface BothWays {
  readonly whole: FrameLatency;
  /** Absent: they weren't asked for. */
  readonly inParts?: FrameLatency;
}

/** Of so many frames each turn is made. */
const leastOfTurn = 10;
const mostTurns = 5;

/** @param options.count frames each way */
export async function measureBothWays(options: FrameLatencyOptions): Promise<BothWays> {
  const { count, regions, onProgress } = options;
  const turns = regions === undefined ? 1 : Math.max(1, Math.min(mostTurns, Math.floor(count / leastOfTurn)));
  const whole: FrameRun[] = [];
  const inParts: FrameRun[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const from = Math.floor((turn * count) / turns);
    const frames = Math.floor(((turn + 1) * count) / turns) - from;
    const one = { ...options, count: frames };
    whole.push(
      await measureFrameLatency({ ...one, regions: undefined, onProgress: (done) => onProgress(from + done) }),
    );
    if (regions !== undefined) inParts.push(await measureFrameLatency({ ...one, onProgress: () => undefined }));
  }
  return { whole: latencyOf(whole), ...(inParts.length === 0 ? {} : { inParts: latencyOf(inParts) }) };
}

/** Nouns from upstream as they may reach publish/. */
import type { Detections } from '../../../src/flow/interpret/detection.ts';
import type { EventTelling } from '../../../src/flow/publish/payloads.ts';
import type { Event } from '../../../src/flow/track/event.ts';
import type { DeviceClock } from '../../../src/system/service/clock.ts';

export const startMs = Date.UTC(2026, 0, 2, 3, 4, 5, 67);

export function detectionsOf(labels: readonly string[], changes: Partial<Detections> = {}): Detections {
  return {
    camera: 'front',
    frameSequence: 7,
    capturedAtMs: startMs,
    monotonicMs: 0,
    frameWidthPx: 640,
    frameHeightPx: 480,
    model: 'ssd',
    modelSha256: 'ab'.repeat(32),
    backend: 'cpu',
    latencyMs: { preprocess: 1.23456, infer: 20, invoke: 18.999, interpret: 0.1 },
    detections: labels.map((label) => ({ label, score: 0.987654321, box: [0.1, 0.22222222, 0.5, 1] as const })),
    ...changes,
  };
}

export function eventOf(id: string, changes: Partial<Event> = {}): Event {
  return {
    type: 'new',
    id,
    camera: 'front',
    label: 'traffic light',
    score: 0.87654321,
    box: [0, 0.123456, 0.5, 1],
    zones: [],
    enteredZones: [],
    stationary: false,
    crossings: [],
    startMs,
    startMonotonicMs: 1000,
    backend: 'edgetpu',
    modelSha256: 'cd'.repeat(32),
    ...changes,
  };
}

/** A clock on which eventOf() happened half a second ago. */
export const sampleClock: DeviceClock = {
  wallMs: () => startMs + 500,
  sinceBootMs: () => eventOf('').startMonotonicMs + 500,
  monotonicOriginMs: 0,
  bootId: 'boot',
  synchronised: true,
};

/** What is said of an event that goes out when it happens. */
export const telling: EventTelling = { replayed: false, sequence: 7, bootId: 'boot', clockSynchronised: true };

/** From goby's nouns to messages, as docs/mqtt.md promises them. Pure functions. */

import type { PartHealth } from '../../system/service/health.ts';
import type { ControlReading } from '../control/control.ts';
import type { MessageAction } from '../decide/action.ts';
import type { Detection, Detections, Estimate, HeldObject, LookedAt } from '../interpret/detection.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Event, EventSize, Presence } from '../track/event.ts';
import type { Message } from './message.ts';
import type { Topics } from './topics.ts';

export function stateMessage(topics: Topics, state: 'online' | 'offline'): Message {
  return retained(topics.state, { state });
}

export function infoMessage(topics: Topics, info: object): Message {
  return retained(topics.info, info);
}

export function healthMessage(topics: Topics, parts: Readonly<Record<string, PartHealth>>): Message {
  const told = Object.entries(parts).map(([part, { state, sinceMs, detail }]) => [
    part,
    { state, since: time(sinceMs), ...(detail === undefined ? {} : { detail }) },
  ]);
  return retained(topics.health, Object.fromEntries(told));
}

export function telemetryMessage(topics: Topics, telemetry: object): Message {
  return { topic: topics.telemetry, payload: JSON.stringify(telemetry), qos: 0, retain: false };
}

export function detectionsMessage(topics: Topics, seen: Detections): Message {
  const { camera, capturedAtMs, frameSequence, model, modelSha256, backend, latencyMs, origin } = seen;
  const { detections, regions, held = [], pieces = [] } = seen;
  const payload = {
    time: time(capturedAtMs),
    frame: frameSequence,
    backend,
    model,
    modelSha256,
    latencyMs: Object.fromEntries(Object.entries(latencyMs).map(([stage, ms]) => [stage, rounded(ms, 2)])),
    detections: [
      ...detections.filter((_, at) => !pieces.includes(at)).map((detection) => detectionPayload(detection, regions)),
      ...held.map(heldPayload),
    ],
    ...(regions === undefined ? {} : { regions: regions.map(regionPayload) }),
    ...(origin === undefined ? {} : { origin }),
  };
  return { topic: topics.detections(camera), payload: JSON.stringify(payload), qos: 0, retain: false };
}

/** What is said of an event beside what it is: see outbox/outbox-sender.ts. */
export interface EventTelling {
  /** Not sent when it happened, or perhaps not for the first time: nothing to wake anybody for. */
  readonly replayed: boolean;
  /** Counts the events of this device; a gap is an event that was dropped. Absent: not known yet. */
  readonly sequence?: number;
  /** Boot that the event's monotonic times belong to. */
  readonly bootId?: string;
  /** Undefined: can't be told. */
  readonly clockSynchronised?: boolean | undefined;
  readonly expiresInMs?: number | undefined;
}

export function eventMessage(topics: Topics, event: Event, telling: EventTelling): Message {
  const { replayed, sequence, bootId, clockSynchronised, expiresInMs } = telling;
  const { type, id, camera, label, score, box, region, size, zones, enteredZones, stationary, crossings } = event;
  const { estimates, startMs, startMonotonicMs, endMs, endMonotonicMs, reason, backend, modelSha256 } = event;
  const payload = {
    type,
    id,
    label,
    score: rounded(score, 4),
    ...(box === undefined ? {} : { box: box.map((side) => rounded(side, 4)) }),
    ...(region === undefined ? {} : { region: regionPayload(region) }),
    ...(size === undefined ? {} : { size: sizePayload(size) }),
    zones,
    enteredZones,
    stationary,
    crossings: crossings.map(({ line, direction, atMs }) => ({ line, direction, time: time(atMs) })),
    ...(estimates === undefined ? {} : { estimates: estimates.map(estimatePayload) }),
    start: time(startMs),
    ...(endMs === undefined ? {} : { end: time(endMs) }),
    ...(reason === undefined ? {} : { reason }),
    backend,
    model: modelSha256,
    replayed,
    ...(sequence === undefined ? {} : { sequence }),
    ...(bootId === undefined ? {} : { bootId }),
    startMonotonicMs: rounded(startMonotonicMs, 0),
    ...(endMonotonicMs === undefined ? {} : { endMonotonicMs: rounded(endMonotonicMs, 0) }),
    ...(clockSynchronised === undefined ? {} : { clockSynchronised }),
  };
  const expiry = expiresInMs === undefined ? {} : { expirySeconds: Math.max(1, Math.ceil(expiresInMs / 1000)) };
  const message = { topic: topics.events(camera), payload: JSON.stringify(payload), qos: 1, retain: false } as const;
  return { ...message, id: String(sequence), ...expiry };
}

/** What a rule has to say; `time` is now, the rest is the event as it was when the rule fired. */
export function alertMessage(topics: Topics, { name, rule, event }: MessageAction, nowMs = Date.now()): Message {
  const { id, camera, label, score, box, zones, estimates, startMs, backend, modelSha256 } = event;
  const payload = {
    rule,
    time: time(nowMs),
    camera,
    event: id,
    label,
    score: rounded(score, 4),
    ...(box === undefined ? {} : { box: box.map((side) => rounded(side, 4)) }),
    zones,
    ...(estimates === undefined ? {} : { estimates: estimates.map(estimatePayload) }),
    start: time(startMs),
    backend,
    model: modelSha256,
  };
  return { topic: topics.alert(name), payload: JSON.stringify(payload), qos: 1, retain: false };
}

export function presenceMessages(topics: Topics, { camera, label, present, count }: Presence): Message[] {
  return [
    { topic: topics.presence(camera, label), payload: present ? 'ON' : 'OFF', qos: 1, retain: true },
    { topic: topics.count(camera, label), payload: String(count), qos: 1, retain: true },
  ];
}

export function snapshotMessage(topics: Topics, { camera, label, jpeg, smaller }: Snapshot): Message {
  const message = { topic: topics.snapshot(camera, label), payload: jpeg, qos: 0, retain: true } as const;
  return smaller === undefined ? message : { ...message, smaller };
}

export interface OutputReading {
  /** Undefined while the line is not held. */
  readonly on: boolean | undefined;
  readonly pattern: string;
  readonly reason: string;
}

export function outputMessage(topics: Topics, name: string, { on, pattern, reason }: OutputReading): Message {
  const state = on === undefined ? 'UNAVAILABLE' : on ? 'ON' : 'OFF';
  return retained(topics.outputState(name), { state, pattern, reason });
}

/** The state of an arming control is ON or OFF, as that of an output; that of a number is the number. */
export function controlMessage(topics: Topics, { name, value, reason }: ControlReading): Message {
  const state = typeof value === 'number' ? value : value ? 'ON' : 'OFF';
  return retained(topics.controlState(name), { state, reason });
}

function detectionPayload({ label, score, box, seenIn, estimates }: Detection, regions: Detections['regions']): object {
  const region = regions?.[seenIn?.[0] ?? -1];
  return {
    label,
    score: rounded(score, 4),
    ...(box === undefined ? {} : { box: box.map((side) => rounded(side, 4)) }),
    ...(region === undefined ? {} : { region: regionPayload(region) }),
    ...(estimates === undefined ? {} : { estimates: estimates.map(estimatePayload) }),
  };
}

/** Known to be there, though this frame doesn't show it whole. */
function heldPayload({ id, label, score, box }: HeldObject): object {
  return { label, score: rounded(score, 4), box: box.map((side) => rounded(side, 4)), held: true, event: id };
}

function sizePayload({ height, usualHeight, counts }: EventSize): object {
  return { height: rounded(height, 4), usualHeight: rounded(usualHeight, 4), counts };
}

function regionPayload({ box, reason }: LookedAt): object {
  return { box: box.map((side) => rounded(side, 4)), reason };
}

/** Rounded: an estimate that looks exact would be a lie. */
function estimatePayload({ value, score, ...rest }: Estimate): object {
  return {
    ...rest,
    value: typeof value === 'number' ? rounded(value, 1) : value,
    ...(score === undefined ? {} : { score: rounded(score, 2) }),
  };
}

function retained(topic: string, payload: object): Message {
  return { topic, payload: JSON.stringify(payload), qos: 1, retain: true };
}

/** ISO 8601, UTC, with milliseconds. */
function time(ms: number): string {
  return new Date(ms).toISOString();
}

function rounded(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/**
 * goby's nouns in the shape of Frigate's MQTT messages: https://docs.frigate.video/integrations/mqtt
 * Boxes are pixels, times are seconds since 1970. What only Frigate knows is null where it has a null, else left out.
 */
import type { Box } from '../../../geometry/boxes.ts';
import type { Event, Presence } from '../../track/event.ts';
import type { Message } from '../message.ts';

/** What an event alone doesn't say: the frame it was last seen in. */
export interface FrameFacts {
  readonly capturedAtMs: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

type PixelBox = readonly [left: number, top: number, right: number, bottom: number];

/** The object of `before` and `after`. */
export interface FrigateObject {
  readonly id: string;
  readonly camera: string;
  readonly frame_time: number;
  readonly label: string;
  /** Frigate's name for who or what exactly; goby's estimates are about something else. */
  readonly sub_label: null;
  readonly top_score: number;
  readonly score: number;
  /** goby tells confirmed objects only. */
  readonly false_positive: false;
  readonly start_time: number;
  readonly end_time: number | null;
  readonly box: PixelBox;
  readonly area: number;
  /** Width by height. */
  readonly ratio: number;
  /** The part of the frame that was looked at: with goby all of it. */
  readonly region: PixelBox;
  readonly current_zones: readonly string[];
  readonly entered_zones: readonly string[];
  readonly active: boolean;
  readonly stationary: boolean;
  readonly thumbnail: null;
  readonly has_snapshot: boolean;
  /** goby records no video. */
  readonly has_clip: false;
  readonly attributes: Readonly<Record<string, never>>;
  readonly current_attributes: readonly never[];
  readonly recognized_license_plate: null;
}

export function frigateObject(event: Event, frame: FrameFacts, hasSnapshot: boolean): FrigateObject {
  const { camera, label, score, box = [0, 0, 1, 1], startMs, endMs, zones, enteredZones, stationary } = event;
  const pixels = pixelBox(box, frame);
  const [left, top, right, bottom] = pixels;
  return {
    id: frigateId(event),
    camera,
    frame_time: seconds(frame.capturedAtMs),
    label,
    sub_label: null,
    top_score: score,
    score,
    false_positive: false,
    start_time: seconds(startMs),
    end_time: endMs === undefined ? null : seconds(endMs),
    box: pixels,
    area: (right - left) * (bottom - top),
    ratio: Math.round(((right - left) / Math.max(1, bottom - top)) * 100) / 100,
    region: [0, 0, frame.widthPx, frame.heightPx],
    current_zones: zones,
    entered_zones: enteredZones,
    active: !stationary,
    stationary,
    thumbnail: null,
    has_snapshot: hasSnapshot,
    has_clip: false,
    attributes: {},
    current_attributes: [],
    recognized_license_plate: null,
  };
}

export type FrigateTopics = ReturnType<typeof frigateTopics>;

export function frigateTopics(prefix: string) {
  return {
    available: `${prefix}/available`,
    events: `${prefix}/events`,
    count: (camera: string, label: string) => `${prefix}/${camera}/${level(label)}`,
    snapshot: (camera: string, label: string) => `${prefix}/${camera}/${level(label)}/snapshot`,
  };
}

/** @param before the object as it was told last; for `new` the same as `after` */
export function frigateEvent(
  { events }: FrigateTopics,
  { type, before, after }: { type: Event['type']; before: FrigateObject; after: FrigateObject },
): Message {
  return { topic: events, payload: JSON.stringify({ type, before, after }), qos: 1, retain: false };
}

export function frigateAvailable({ available }: FrigateTopics, payload: 'online' | 'offline' | 'stopped'): Message {
  return { topic: available, payload, qos: 1, retain: true };
}

export function frigateCount({ count }: FrigateTopics, presence: Presence): Message {
  const { camera, label } = presence;
  return { topic: count(camera, label), payload: String(presence.count), qos: 0, retain: false };
}

/** Frigate's ids begin with the start in seconds, by which programs sort and date them. */
function frigateId({ id, startMs }: Event): string {
  return `${(startMs / 1000).toFixed(6)}-${id.replaceAll(/[^a-z0-9]/g, '')}`;
}

function pixelBox([x1, y1, x2, y2]: Box, { widthPx, heightPx }: FrameFacts): PixelBox {
  return [Math.round(x1 * widthPx), Math.round(y1 * heightPx), Math.round(x2 * widthPx), Math.round(y2 * heightPx)];
}

/** Frigate uses labels as they are; only what a topic can't hold is replaced. */
function level(label: string): string {
  return label.replaceAll(/[+#/\p{Cc}]/gu, '_');
}

function seconds(ms: number): number {
  return ms / 1000;
}

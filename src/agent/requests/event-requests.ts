/** request/events and request/event: the timeline, page by page, and one event with all that is known of it. */
import { z } from 'zod';
import { InputError } from '../../errors.ts';
import { type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { EventRecord } from '../../record/event-record.ts';
import type { LiveEvent, UnfinishedRecord } from '../../record/event-recorder.ts';
import type { EventPage } from '../../record/event-store.ts';
import type { EventFilter } from '../../record/segment-index.ts';

export interface Timeline {
  page(filter: EventFilter, most: number, before?: string): Promise<EventPage>;
  event(id: string): Promise<EventRecord | undefined>;
  /** One that lasts, as far as it is known by now. */
  unfinished(id: string): UnfinishedRecord | undefined;
  /** Events that last. */
  live(): readonly LiveEvent[];
  names(): {
    readonly cameras: readonly string[];
    readonly labels: readonly string[];
    readonly zones: readonly string[];
  };
}

const name = z.string().max(256).optional();
const time = z.iso.datetime().optional();

const pageSchema = z.looseObject({
  transaction,
  camera: name,
  label: name,
  zone: name,
  /** Events that were there at some time between these. */
  from: time,
  to: time,
  before: z.string().max(40).optional(),
  most: z.int().min(1).max(100).default(50),
  /** Also where each stood. */
  paths: z.boolean().default(false),
});
const pageExpected =
  'an object such as {"camera":"front","label":"person","from":"2026-11-28T06:00:00Z","most":50}, each key optional; "before" is "next" of the page before';

export function eventRequests(timeline: Timeline): Record<string, RequestHandler> {
  return {
    events: request(pageSchema, pageExpected, async ({ camera, label, zone, from, to, before, most, paths }) => {
      const filter = { camera, label, zone, fromMs: asMs(from), toMs: asMs(to) };
      const { events, next } = await timeline.page(filter, most, before);
      return {
        events: events.map((event) => (paths ? { ...summary(event), path: event.path } : summary(event))),
        ...(next === undefined ? {} : { next }),
        // Only with the first page: they are above all others.
        ...(before === undefined ? { live: timeline.live().map(liveSummary), names: timeline.names() } : {}),
      };
    }),
    event: request(
      z.looseObject({ transaction, id: z.string().max(64) }),
      'an object such as {"id":"mh9x2k1c-3f"}',
      async ({ id }) => {
        const found = timeline.unfinished(id) ?? (await timeline.event(id));
        if (found === undefined) throw new InputError(`There is no event ${id} in the timeline.`);
        return found;
      },
    ),
  };
}

function summary({
  id,
  camera,
  label,
  score,
  startMs,
  endMs,
  zones,
  verdicts,
  picture,
  estimates,
}: EventRecord): object {
  const fired = verdicts.filter((verdict) => verdict.fired).map(({ rule }) => rule);
  return {
    id,
    camera,
    label,
    score,
    startMs,
    endMs,
    zones,
    fired,
    picture,
    ...(estimates === undefined ? {} : { estimates }),
  };
}

function liveSummary({ event: { id, camera, label, score, startMs, enteredZones } }: LiveEvent): object {
  return { id, camera, label, score, startMs, zones: enteredZones };
}

const asMs = (iso: string | undefined): number | undefined => (iso === undefined ? undefined : Date.parse(iso));

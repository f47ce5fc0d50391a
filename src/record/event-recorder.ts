/** Collects the lives of events while they last, and hands each to the store when it has ended. */
import type { Verdict } from '../flow/decide/verdict.ts';
import type { Detections } from '../flow/interpret/detection.ts';
import type { Event, EventType, TrackedDetection } from '../flow/track/event.ts';
import type { Box } from '../geometry/boxes.ts';
import type { EventRecord } from './event-record.ts';

/** A message of an event: its number in the outbox, and when the broker had it. */
interface SentMessage {
  readonly type: EventType;
  readonly sequence: number;
  readonly atMs: number;
  takenMs?: number;
}

interface Life {
  event: Event;
  /** Milliseconds after the start, and the score then; thinned to half whenever it is full. */
  scores: [number, number][];
  /** Where it stood at the same looks. */
  path: [number, number, number][];
  /** Only every so many-th look is kept. */
  everyLooks: number;
  looks: number;
  readonly messages: SentMessage[];
  furtherMessages: number;
  verdicts: readonly Verdict[] | undefined;
}

/** An event that hasn't ended, with what is known of it so far. */
export interface LiveEvent {
  readonly event: Event;
  readonly scores: readonly (readonly [number, number])[];
}

export interface UnfinishedRecord extends EventRecord {
  /** It is still there. */
  readonly lasts: boolean;
}

export interface RecordStore {
  add(record: EventRecord): void;
  taken(id: string, takenMs: number): void;
}

export interface EventRecorderOptions {
  readonly store: RecordStore;
  /** Whether there is a picture of an event. */
  hasPicture(id: string): boolean;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
}

const mostScores = 64;
/** The first ones and the last ones of very many say enough. */
const mostMessages = 100;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #lives = new Map<string, Life>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** A look at a frame, with the events that its detections belong to. To be called for every look: cheap where there are none. */
  look(seen: Detections, tracked: readonly TrackedDetection[]): void {
    for (const { id, detection } of tracked) {
      const life = this.#lives.get(id);
      const found = seen.detections[detection];
      if (life === undefined || found === undefined) continue;
      life.looks += 1;
      if (life.looks % life.everyLooks !== 0) continue;
      const afterMs = Math.round(seen.capturedAtMs - life.event.startMs);
      life.scores.push([afterMs, rounded(found.score)]);
      if (found.box !== undefined) life.path.push([afterMs, ...footOf(found.box)]);
      if (life.scores.length < mostScores) continue;
      life.scores = life.scores.filter((_, at) => at % 2 === 0);
      life.path = life.path.filter((_, at) => at % 2 === 0);
      life.everyLooks *= 2;
    }
  }

  /** An event is told: new, changed, or ended. */
  event(event: Event): void {
    const life = this.#lives.get(event.id);
    if (life !== undefined) life.event = event;
    else if (event.type !== 'end') this.#lives.set(event.id, newLife(event));
  }

  /** What the rules made of an event that has ended. Its end is told in the same moment. */
  ended(event: Event, verdicts: readonly Verdict[]): void {
    const life = this.#lives.get(event.id) ?? newLife(event);
    this.#lives.set(event.id, life);
    life.event = event;
    life.verdicts = verdicts;
    // The number of its last message is given after the rules, before anything else happens.
    queueMicrotask(() => this.#finish(event.id));
  }

  /** A message of an event has its number in the outbox. */
  recorded({ id, type }: Pick<Event, 'id' | 'type'>, sequence: number): void {
    const life = this.#lives.get(id);
    if (life === undefined) return;
    if (life.messages.length >= mostMessages) {
      // The ends of the list tell most: what came first stays, and so does what comes last.
      life.messages.splice(mostMessages / 2, 1);
      life.furtherMessages += 1;
    }
    life.messages.push({ type, sequence, atMs: this.#now() });
  }

  /** The broker has a message. */
  taken({ id, type }: Pick<Event, 'id' | 'type'>, sequence: number): void {
    const message = this.#lives.get(id)?.messages.find((one) => one.sequence === sequence);
    if (message !== undefined) message.takenMs = this.#now();
    else if (type === 'end') this.#options.store.taken(id, this.#now());
  }

  /** Events that last, the newest first. */
  live(): LiveEvent[] {
    return [...this.#lives.values()].map(({ event, scores }) => ({ event, scores })).reverse();
  }

  /**
   * All that is known so far of an event that is not in the store yet: it lasts, and ends now as far as it is told, or its last message waits.
   * @param verdicts what the rules say of one that lasts
   */
  unfinished(id: string, verdicts: (event: Event) => readonly Verdict[]): UnfinishedRecord | undefined {
    const life = this.#lives.get(id);
    if (life === undefined) return undefined;
    const lasts = life.verdicts === undefined && life.event.endMs === undefined;
    return { ...this.#recordOf({ ...life, verdicts: life.verdicts ?? verdicts(life.event) }), lasts };
  }

  #finish(id: string): void {
    const life = this.#lives.get(id);
    if (life === undefined) return;
    this.#lives.delete(id);
    this.#options.store.add(this.#recordOf(life));
  }

  #recordOf({ event, scores, path, messages, furtherMessages, verdicts = [] }: Life): EventRecord {
    const { id, camera, label, score, startMs, endMs = this.#now(), reason = 'gone', box, estimates } = event;
    return {
      ...{ id, camera, label, score: rounded(score), startMs, endMs, reason },
      ...(box === undefined ? {} : { box: box.map(rounded) as [number, number, number, number] }),
      zones: [...event.enteredZones],
      crossings: event.crossings.map((crossing) => ({ ...crossing })),
      ...(estimates === undefined ? {} : { estimates: estimates.map((estimate) => ({ ...estimate })) }),
      backend: event.backend,
      modelSha256: event.modelSha256,
      scores,
      path,
      verdicts: verdicts.map(plainVerdict),
      messages,
      furtherMessages,
      picture: this.#options.hasPicture(id),
    };
  }
}

function newLife(event: Event): Life {
  const first: [number, number] = [0, rounded(event.score)];
  const path: [number, number, number][] = event.box === undefined ? [] : [[0, ...footOf(event.box)]];
  return {
    event,
    scores: [first],
    path,
    everyLooks: 1,
    looks: 0,
    messages: [],
    furtherMessages: 0,
    verdicts: undefined,
  };
}

/** An object is where the middle of its lower edge is. */
function footOf([x1, , x2, y2]: Box): [number, number] {
  return [rounded((x1 + x2) / 2), rounded(y2)];
}

function plainVerdict({ rule, fired, atMs, conditions, actions }: Verdict): EventRecord['verdicts'][number] {
  return { rule, fired, atMs, actions: [...actions], conditions: conditions.map(plainCondition) };
}

function plainCondition({ name, holds, wanted, seen }: Verdict['conditions'][number]) {
  return { name, holds, wanted: plain(wanted), seen: plain(seen) };
}

const plain = <Value extends string | number | boolean>(value: Value | readonly string[]): Value | string[] =>
  typeof value === 'object' ? [...value] : value;

function rounded(value: number): number {
  return Math.round(10_000 * value) / 10_000;
}

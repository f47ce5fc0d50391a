/** Snapshots of all cameras: which picture to keep, when to encode it, and whom to tell before the event goes out. */

import { readFile } from 'node:fs/promises';
import type { SnapshotsConfig } from '../../config/snapshots-section.ts';
import { isExpected, sentence, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Frame } from '../capture/frame.ts';
import type { Detections } from '../interpret/detection.ts';
import type { BestMoment, Event } from '../track/event.ts';
import { BestPictures } from './best-pictures.ts';
import type { Mark } from './boxes-svg.ts';
import { createJpegEncoder, type JpegEncoder } from './jpeg-encoder.ts';
import type { KeptPicture } from './picture.ts';
import { withNote } from './picture-note.ts';
import { keepingSmaller } from './smaller-jpeg.ts';
import type { Snapshot } from './snapshot.ts';
import { createSnapshotFiles, type SnapshotFiles } from './snapshot-files.ts';
import { Turns } from './turns.ts';

export interface SnapshotsOptions {
  readonly config: SnapshotsConfig;
  /** Where they are kept: a folder per camera below it. */
  readonly folder: string;
  readonly logger: Logger;
  /** How long an asked snapshot waits for a frame. */
  readonly patienceMs?: number;
  /** How long stop() waits for what was begun. */
  readonly farewellMs?: number;
}

export interface Snapshots {
  /**
   * A frame whose inference is done: its bytes are copied where an event shows best in it or someone asked for it. To be
   * called for every inference, before its events are announced. Cheap when nothing is wanted.
   */
  look(frame: Frame, seen: Detections, best: readonly BestMoment[]): void;
  /** An event is about to be told: the encoding of its best picture begins, if that is a new one. */
  announce(event: Event): void;
  /** Resolves when what announce() began for this event is published; undefined when nothing is under way. Never rejects. */
  ready(id: string): Promise<void> | undefined;
  /**
   * The next frame of a camera, with everything that was seen in it.
   * @throws UnavailableError when snapshots are off, or no frame could be taken in time, with the reason
   */
  take(camera: string): Promise<Snapshot>;
  /** Whether there is a picture of an event on disk, or on its way there. */
  hasPicture(event: string): boolean;
  /** The picture of an event, as it is on disk; undefined: there is none. Waits for one that is on its way. */
  picture(event: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Called with each snapshot; the promises of ready() and take() wait until what it returns has resolved. */
  onSnapshot(listener: (snapshot: Snapshot) => unknown): void;
  /** Resolves when all that was begun is published, or was let go after a while. Nothing is begun after it. */
  stop(): Promise<void>;
}

interface Request {
  resolve(snapshot: Promise<Snapshot>): void;
  /** There was a frame, but no place for a copy of it. */
  isCrowdedOut: boolean;
}

/** How often what is too old is looked for, apart from every time a snapshot is written. */
const tidyIntervalMs = 3_600_000;

/** What is to become a snapshot. */
interface Order {
  readonly camera: string;
  readonly picture: KeptPicture;
  readonly marks: readonly Mark[];
  /** Absent when someone asked for it. */
  readonly event?: Event;
}

export function createSnapshots(options: SnapshotsOptions): Snapshots {
  return options.config.enabled ? new RunningSnapshots(options) : noSnapshots;
}

const noSnapshots: Snapshots = {
  look: () => undefined,
  announce: () => undefined,
  ready: () => undefined,
  take: () =>
    Promise.reject(
      new UnavailableError('Snapshots are switched off.', { remedy: 'Set snapshots.enabled to true for them.' }),
    ),
  hasPicture: () => false,
  picture: () => Promise.resolve(undefined),
  onSnapshot: () => undefined,
  stop: () => Promise.resolve(),
};

class RunningSnapshots implements Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #encode: JpegEncoder;
  readonly #files: SnapshotFiles;
  readonly #pictures = new Map<string, BestPictures>();
  readonly #requests = new Map<string, Request[]>();
  /** The newest order of each event. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Orders are worked off one after the other; somebody waits for what was asked for. */
  readonly #turns = new Turns();
  readonly #listeners: ((snapshot: Snapshot) => unknown)[] = [];
  readonly #publishing = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #stopped = false;
  /** It is too late for what still waits. */
  #late = false;
  #leftOut = 0;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#encode = createJpegEncoder(options.config);
    this.#files = createSnapshotFiles(options);
    this.#timer = setInterval(() => void this.#files.tidy(), tidyIntervalMs).unref();
    void this.#files.tidy();
  }

  look(frame: Frame, seen: Detections, best: readonly BestMoment[]): void {
    if (this.#stopped) return;
    if (best.length > 0) this.#picturesOf(frame.camera).look(frame, best);
    const requests = this.#requests.get(frame.camera);
    if (requests === undefined || requests.length === 0) return;
    const picture = this.#picturesOf(frame.camera).copy(frame);
    if (picture === undefined) {
      for (const request of requests) request.isCrowdedOut = true;
      return;
    }
    const snapshot = this.#inTurn({ camera: frame.camera, picture, marks: seen.detections });
    for (const { resolve } of requests.splice(0)) resolve(snapshot);
  }

  announce(event: Event): void {
    const pictures = this.#pictures.get(event.camera);
    const waiting = this.#stopped ? undefined : pictures?.take(event.id);
    if (event.type === 'end') pictures?.forget(event.id);
    if (waiting === undefined) return;
    const { picture, moment } = waiting;
    const done = this.#inTurn({ camera: event.camera, picture, marks: [moment], event })
      .then(
        () => undefined,
        (error: unknown) => this.#onFailure(error),
      )
      .finally(() => {
        if (this.#underWay.get(event.id) === done) this.#underWay.delete(event.id);
      });
    this.#underWay.set(event.id, done);
  }

  ready(id: string): Promise<void> | undefined {
    return this.#underWay.get(id);
  }

  take(camera: string): Promise<Snapshot> {
    if (this.#stopped) return Promise.reject(new UnavailableError('The agent stops.'));
    const { patienceMs = 15_000 } = this.#options;
    return new Promise((resolve, reject) => {
      const requests = this.#requests.get(camera) ?? [];
      this.#requests.set(camera, requests);
      const request: Request = {
        isCrowdedOut: false,
        resolve: (snapshot) => {
          clearTimeout(timer);
          resolve(snapshot);
        },
      };
      const timer = setTimeout(() => {
        requests.splice(requests.indexOf(request), 1);
        reject(noFrame(camera, patienceMs / 1000, request));
      }, patienceMs).unref();
      requests.push(request);
    });
  }

  onSnapshot(listener: (snapshot: Snapshot) => unknown): void {
    this.#listeners.push(listener);
  }

  hasPicture(event: string): boolean {
    return this.#underWay.has(event) || this.#files.pathOf(event) !== undefined;
  }

  async picture(event: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    await this.#underWay.get(event);
    const path = await this.#files.whenKept(() => this.#files.pathOf(event));
    const bytes = path === undefined ? undefined : await readFile(path).catch(() => undefined);
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    const { farewellMs = 2000, logger } = this.#options;
    // A busy scene ends in as many snapshots as there were objects, and whoever stops the agent won't wait for all of them.
    const farewell = setTimeout(() => {
      this.#late = true;
    }, farewellMs);
    await this.#turns.idle();
    await Promise.allSettled(this.#publishing);
    clearTimeout(farewell);
    if (this.#leftOut > 0) logger.warn(`left ${this.#leftOut} snapshots out: the agent stops`);
    await this.#files.tidy();
  }

  #picturesOf(camera: string): BestPictures {
    const pictures = this.#pictures.get(camera) ?? new BestPictures();
    this.#pictures.set(camera, pictures);
    return pictures;
  }

  async #inTurn(order: Order): Promise<Snapshot> {
    const { camera, event } = order;
    const { capturedAtMs } = order.picture;
    const jpeg = await this.#turns.take(() => this.#makeJpeg(order), { urgent: event === undefined });
    // Told before it is on the disk: an event waits for its snapshot, and a slow card is no reason to wait longer.
    const label = event === undefined ? {} : { label: event.label };
    const told = { camera, ...label, jpeg, smaller: keepingSmaller(jpeg), capturedAtMs };
    const kept = this.#files.put(camera, fileName(event, capturedAtMs), jpeg);
    await this.#publish(told);
    if (event !== undefined) return told;
    const file = await kept;
    return { ...told, ...(file === undefined ? {} : { file }) };
  }

  async #makeJpeg({ picture, marks, event }: Order): Promise<Uint8Array> {
    try {
      if (!this.#late) {
        const jpeg = await this.#encode(picture, marks);
        const box = marks[0]?.box ?? null;
        return event === undefined ? jpeg : withNote(jpeg, { box, drawn: this.#options.config.boxes && box !== null });
      }
      this.#leftOut += 1;
      throw new UnavailableError('The agent stops.');
    } finally {
      picture.letGo();
    }
  }

  /** The next picture doesn't wait for the network. */
  async #publish(snapshot: Snapshot): Promise<void> {
    const publishing = Promise.all(this.#listeners.map((listener) => listener(snapshot))).finally(() =>
      this.#publishing.delete(publishing),
    );
    this.#publishing.add(publishing);
    await publishing;
  }

  #onFailure(error: unknown): void {
    if (!isExpected(error)) throw error;
    if (!this.#late) this.#options.logger.warn(sentence(error));
  }
}

function noFrame(camera: string, seconds: number, { isCrowdedOut }: Request): UnavailableError {
  if (isCrowdedOut) {
    return new UnavailableError(
      `No snapshot of camera ${camera} could be taken within ${seconds} s: the one before it is not encoded yet.`,
      { remedy: 'This machine is slow with pictures of this size: lower snapshots.longestSidePx.' },
    );
  }
  return new UnavailableError(`No frame of camera ${camera} was looked at within ${seconds} s.`, {
    remedy: 'goby doctor tells what the camera and its model are doing.',
  });
}

/** Sorts by time; one file per event, which a better picture replaces. */
function fileName(event: Event | undefined, capturedAtMs: number): string {
  const time = new Date(event?.startMs ?? capturedAtMs).toISOString().replaceAll(':', '-');
  if (event === undefined) return `${time}_asked.jpg`;
  const label = event.label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32);
  return `${time}_${label}_${event.id}.jpg`;
}

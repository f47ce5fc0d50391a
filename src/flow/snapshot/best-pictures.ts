/** The best picture of each open event of one camera, as far as it isn't encoded yet. */
import type { Frame } from '../capture/frame.ts';
import type { BestMoment } from '../track/event.ts';
import { type KeptPicture, PictureShelf } from './picture.ts';

/** A picture that waits to be encoded, and what it shows. */
export interface WaitingPicture {
  readonly picture: KeptPicture;
  readonly moment: BestMoment;
}

/** Pictures of one camera at most: events of the same frame share one, and an encoded one is let go. */
const mostPictures = 4;
/** One more for who asks: in a busy scene the others are always taken. */
const mostAsked = 1;

export class BestPictures {
  readonly #shelf = new PictureShelf(mostPictures);
  readonly #asked = new PictureShelf(mostAsked);
  readonly #waiting = new Map<string, WaitingPicture>();
  /** Ids of events that have a snapshot already. */
  readonly #told = new Set<string>();

  /** Keeps one copy of the frame for all events that it shows best. */
  look(frame: Frame, best: readonly BestMoment[]): void {
    if (best.length === 0) return;
    for (const { id } of best) this.#drop(id);
    if (this.#shelf.isFull) this.#makeRoom();
    const picture = this.#shelf.keep(frame);
    if (picture === undefined) return;
    for (const moment of best) {
      picture.hold();
      this.#waiting.set(moment.id, { picture, moment });
    }
    picture.letGo();
  }

  /** A copy of the frame for someone who asked, and lets it go; undefined while the one before is needed. */
  copy(frame: Frame): KeptPicture | undefined {
    return this.#asked.keep(frame);
  }

  /** Hands over the event's picture, which the caller lets go; undefined when there is no better one than the last. */
  take(id: string): WaitingPicture | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) this.#told.add(id);
    return waiting;
  }

  /** The event has ended and its last picture was taken. */
  forget(id: string): void {
    this.#drop(id);
    this.#told.delete(id);
  }

  #drop(id: string): void {
    this.#waiting.get(id)?.picture.letGo();
    this.#waiting.delete(id);
  }

  /** Events that have a snapshot give way to those without one. */
  #makeRoom(): void {
    for (const id of this.#waiting.keys()) {
      if (this.#told.has(id)) this.#drop(id);
      if (!this.#shelf.isFull) return;
    }
  }
}

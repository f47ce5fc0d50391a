/** The newest records in memory, so that what is sent at once isn't read back from the disk. */
import type { OutboxRecord } from './record.ts';

export class RecentRecords {
  readonly #most: number;
  /** Ascending sequences; some may be missing. */
  #records: OutboxRecord[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Lowest sequence that is here; infinite when none is. */
  get first(): number {
    return this.#records[0]?.sequence ?? Number.POSITIVE_INFINITY;
  }

  add(record: OutboxRecord): void {
    this.#records.push(record);
  }

  /** The first record from this sequence on. */
  from(sequence: number): OutboxRecord | undefined {
    return this.#records[this.#index(sequence)];
  }

  /** All records from this sequence on, `most` at most. */
  slice(sequence: number, most: number): readonly OutboxRecord[] {
    const index = this.#index(sequence);
    return this.#records.slice(index, index + most);
  }

  /** Forgets the oldest of those up to `sequence`, once there are twice as many as are to be kept. */
  trimThrough(sequence: number): void {
    if (this.#records.length < 2 * this.#most) return;
    this.#records = this.#records.slice(Math.min(this.#index(sequence + 1), this.#records.length - this.#most));
  }

  /** Forgets one. */
  delete(sequence: number): void {
    const index = this.#index(sequence);
    if (this.#records[index]?.sequence === sequence) this.#records.splice(index, 1);
  }

  /** How many there are from this sequence on. */
  count(sequence: number): number {
    return this.#records.length - this.#index(sequence);
  }

  /** Position of the first record from this sequence on, by halving. */
  #index(sequence: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#records[middle]!.sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

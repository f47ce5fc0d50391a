/** Which events are dealt with: taken by the broker, refused by it, too old or dropped. Answers of the broker may come out of order. */

export class AckLedger {
  /** Every sequence up to this one is dealt with. */
  #to: number;
  /** Dealt with, ahead of one that isn't. */
  readonly #ahead = new Set<number>();

  constructor(to = 0) {
    this.#to = to;
  }

  get to(): number {
    return this.#to;
  }

  has(sequence: number): boolean {
    return sequence <= this.#to || this.#ahead.has(sequence);
  }

  /** @returns false for one that was dealt with before */
  add(sequence: number): boolean {
    if (this.has(sequence)) return false;
    this.#ahead.add(sequence);
    while (this.#ahead.delete(this.#to + 1)) this.#to += 1;
    return true;
  }

  /** Deals with everything up to a sequence. @returns how many weren't before */
  addThrough(sequence: number): number {
    let added = 0;
    for (let one = this.#to + 1; one <= sequence; one++) if (!this.#ahead.delete(one)) added += 1;
    this.#to = Math.max(this.#to, sequence);
    while (this.#ahead.delete(this.#to + 1)) this.#to += 1;
    return added;
  }

  /** How many up to `last` aren't dealt with. */
  waiting(last: number): number {
    return Math.max(0, last - this.#to - this.#ahead.size);
  }
}

/** Averages of an activation by channel, over all positions of all photos. */
export class ChannelMeans {
  readonly #sums: Float64Array;
  #count = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
  }

  /** @param values channels last */
  add(values: Float32Array): void {
    const sums = this.#sums;
    for (let at = 0; at < values.length; at += sums.length) {
      for (let channel = 0; channel < sums.length; channel += 1) sums[channel]! += values[at + channel]!;
    }
    this.#count += values.length / sums.length;
  }

  result(): Float64Array {
    return this.#sums.map((sum) => sum / Math.max(1, this.#count));
  }
}

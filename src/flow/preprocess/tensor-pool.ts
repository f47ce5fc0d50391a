/** Tensor buffers that are used again: one in the engine, one being prepared, rarely a third. */

import type { Placement } from '../../geometry/boxes.ts';
import type { Tensor } from './tensor.ts';

export class TensorPool {
  readonly #byteLength: number;
  readonly #blank: (bytes: Uint8Array) => void;
  readonly #free: { bytes: Uint8Array; placement: Placement | undefined }[] = [];

  /** @param blank fills a buffer with padding; called when there is any and the placement changes, since padding stays otherwise */
  constructor(byteLength: number, blank: (bytes: Uint8Array) => void) {
    this.#byteLength = byteLength;
    this.#blank = blank;
  }

  /** @param isFull the picture fills the tensor: there is no padding */
  take(placement: Placement, { isFull }: { readonly isFull: boolean }): Tensor {
    const slot = this.#free.pop() ?? { bytes: new Uint8Array(this.#byteLength), placement: undefined };
    if (isFull) slot.placement = undefined;
    else if (!isSame(slot.placement, placement)) {
      this.#blank(slot.bytes);
      slot.placement = placement;
    }
    let released = false;
    return {
      bytes: slot.bytes,
      placement,
      release: () => {
        if (released) return;
        released = true;
        this.#free.push(slot);
      },
    };
  }
}

function isSame(a: Placement | undefined, b: Placement): boolean {
  return a !== undefined && a.x0 === b.x0 && a.y0 === b.y0 && a.x1 === b.x1 && a.y1 === b.y1;
}

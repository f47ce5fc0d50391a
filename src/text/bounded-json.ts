/** JSON from strangers: bounded in bytes, depth and count before anything is built of it. */

export interface JsonBounds {
  readonly bytes: number;
  /** Lists and objects inside each other; a bare value has depth 0. */
  readonly depth: number;
  /** Values in lists and objects, all together. */
  readonly values: number;
}

/** A request, or a message of another program: far more than goby itself ever says or is told. */
export const messageBounds: JsonBounds = { bytes: 65_536, depth: 16, values: 4096 };

export type BoundedJson = { readonly value: unknown } | { readonly refused: string };

/** Never throws. What is refused comes with a reason that continues "the payload ...". */
export function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds = messageBounds): BoundedJson {
  if (bytes.byteLength > bounds.bytes) {
    return { refused: `has ${bytes.byteLength} bytes, at most ${bounds.bytes} are taken` };
  }
  const { depth, values } = shapeOf(bytes, bounds);
  if (depth > bounds.depth) return { refused: `is nested deeper than the ${bounds.depth} levels that are taken` };
  if (values > bounds.values) return { refused: `holds more than the ${bounds.values} values that are taken` };
  try {
    return { value: JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) };
  } catch {
    return { refused: 'is not JSON' };
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/**
 * One pass over the bytes, without recursion, that ends where a bound is passed. In UTF-8 no byte of a longer character looks
 * like one of these. Of what isn't JSON the answer means nothing, and JSON.parse refuses it.
 */
function shapeOf(bytes: Uint8Array, bounds: JsonBounds): { depth: number; values: number } {
  let deepest = 0;
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (closing.has(byte)) depth -= 1;
    else if (byte === comma) values += 1;
    else if (opening.has(byte)) {
      values += 1;
      depth += 1;
      deepest = Math.max(deepest, depth);
    }
    if (deepest > bounds.depth || values > bounds.values) break;
  }
  return { depth: deepest, values };
}

/** The JSON of an architecture, within bounds. */
import { InputError } from '../../../errors.ts';
import { parseBoundedJson } from '../../../text/bounded-json.ts';

/** EfficientNet-B7 in the form of Keras 3 has 3 MB; nothing that runs on a Pi is near. */
const bounds = { bytes: 64 << 20, depth: 200, values: 4_000_000 };

/** @throws InputError when it is none, or too much of it */
export function parseArchitecture(bytes: Uint8Array, source: string): unknown {
  const parsed = parseBoundedJson(bytes, bounds);
  if ('refused' in parsed) throw new InputError(`${source}: the architecture ${parsed.refused}.`);
  return parsed.value;
}

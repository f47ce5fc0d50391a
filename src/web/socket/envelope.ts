/**
 * What goes over the socket, made once for all pages that get it: a picture travels as one binary message of what it is as JSON and
 * its bytes, so that both always belong together.
 */
import type { Message } from '../../flow/publish/message.ts';
import type { LivePicture } from './live-source.ts';

/** The two parts of a picture's message. */
export interface SealedPicture {
  /** Length of the JSON as 32 bits, little-endian, and the JSON in UTF-8. */
  readonly head: Buffer;
  /** The picture's own bytes, not a copy. */
  readonly jpeg: Uint8Array;
}

const sealed = new WeakMap<LivePicture, SealedPicture>();
const written = new WeakMap<Message, Buffer>();

export function sealPicture(picture: LivePicture): SealedPicture {
  const known = sealed.get(picture);
  if (known !== undefined) return known;
  const { camera, seen, jpeg } = picture;
  const text = JSON.stringify({ camera, ...seen });
  const textBytes = Buffer.byteLength(text);
  const head = Buffer.allocUnsafe(4 + textBytes);
  head.writeUInt32LE(textBytes, 0);
  head.write(text, 4);
  const made = { head, jpeg };
  sealed.set(picture, made);
  return made;
}

/** A message as JSON in UTF-8; undefined for bytes: pictures of topics are files as well, and the page fetches those that it shows. */
export function writeMessage(message: Message): Buffer | undefined {
  const { topic, payload, retain } = message;
  if (typeof payload !== 'string') return undefined;
  const known = written.get(message);
  if (known !== undefined) return known;
  const made = Buffer.from(JSON.stringify({ topic, payload, retain }));
  written.set(message, made);
  return made;
}

/** How a picture travels on the socket: what it is as JSON, and its bytes, in one binary message, so that both always belong together. */

/** Length of the JSON as 32 bits, little-endian; the JSON in UTF-8; the bytes of the JPEG. */
export function sealPicture(header: object, jpeg: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const sealed = Buffer.allocUnsafe(4 + text.length + jpeg.length);
  sealed.writeUInt32LE(text.length, 0);
  text.copy(sealed, 4);
  sealed.set(jpeg, 4 + text.length);
  return sealed;
}

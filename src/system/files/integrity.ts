/** Are these the bytes that were pinned? Hashes of a file, and the sentence that says how it differs. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What is known of a file's content; at least one hash. */
export interface Pin {
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  /** Git's id of the content: SHA-1 over `blob SIZE`, a zero byte and the bytes. */
  readonly gitBlob?: string | undefined;
}

export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
  readonly gitBlob: string;
}

/** Hashes a file in one pass, in chunks. Rejects as fs does when it can't be read. */
export async function fingerprintOf(path: string): Promise<Fingerprint> {
  const { size } = await stat(path);
  const sha256 = createHash('sha256');
  const gitBlob = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    sha256.update(chunk);
    gitBlob.update(chunk);
  }
  return { bytes: size, sha256: sha256.digest('hex'), gitBlob: gitBlob.digest('hex') };
}

export function fingerprintOfBytes(bytes: Uint8Array): Fingerprint {
  return {
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    gitBlob: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
  };
}

/** How the content differs from its pin, as the end of a sentence that starts with the file; undefined when it doesn't. */
export function differenceFrom(pin: Pin, found: Fingerprint): string | undefined {
  if (pin.bytes !== undefined && pin.bytes !== found.bytes) {
    return `has ${found.bytes} bytes, expected ${pin.bytes}`;
  }
  if (pin.sha256 !== undefined && pin.sha256 !== found.sha256) {
    return `has the SHA-256 ${found.sha256}, expected ${pin.sha256}`;
  }
  if (pin.gitBlob !== undefined && pin.gitBlob !== found.gitBlob) {
    return `has the git blob id ${found.gitBlob}, expected ${pin.gitBlob}`;
  }
  return undefined;
}

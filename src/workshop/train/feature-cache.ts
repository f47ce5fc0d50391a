/**
 * Features on disk, by photo and by model: what was embedded once is never embedded again. Records are only ever appended; a
 * torn one, as a killed process leaves, ends the file's use and is cut off.
 */
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeError } from '../../system/files/put-file.ts';

const keyBytes = 32;
const checkBytes = 4;
/** Records that wait for one write. */
const batch = 64;

export interface FeatureCache {
  /** Undefined for what was never embedded. */
  get(key: string): Float32Array | undefined;
  /** @param key 64 hex digits */
  put(key: string, features: Float32Array): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

/**
 * @param modelSha256 hash of the file that embeds
 * @param size features per photo
 * @throws GobyError when the disk is full or the folder can't be written
 */
export async function openFeatureCache(folder: string, modelSha256: string, size: number): Promise<FeatureCache> {
  const path = join(folder, `${modelSha256.slice(0, 16)}-${size}.features`);
  const recordBytes = keyBytes + checkBytes + 4 * size;
  const known = new Map<string, Float32Array>();
  let waiting: Buffer[] = [];
  try {
    await mkdir(folder, { recursive: true });
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    let whole = 0;
    for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes) {
      const values = bytes.subarray(at + keyBytes + checkBytes, at + recordBytes);
      if (bytes.readUInt32LE(at + keyBytes) !== crc32(values)) break;
      known.set(bytes.toString('hex', at, at + keyBytes), new Float32Array(new Uint8Array(values).buffer));
      whole = at + recordBytes;
    }
    if (whole < bytes.length) await truncate(path, whole);
  } catch (error) {
    throw writeError(error, path);
  }
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const bytes = Buffer.concat(waiting);
    waiting = [];
    try {
      const file = await open(path, 'a', 0o600);
      await file.writeFile(bytes).finally(() => file.close());
    } catch (error) {
      throw writeError(error, path);
    }
  };
  return {
    get: (key) => known.get(key),
    put: async (key, features) => {
      known.set(key, features);
      const record = Buffer.alloc(recordBytes);
      record.write(key, 0, 'hex');
      Buffer.from(features.buffer, features.byteOffset, features.byteLength).copy(record, keyBytes + checkBytes);
      record.writeUInt32LE(crc32(record.subarray(keyBytes + checkBytes)), keyBytes);
      if (waiting.push(record) >= batch) await flush();
    },
    close: flush,
  };
}

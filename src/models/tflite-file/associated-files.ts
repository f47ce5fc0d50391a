/** Files inside a .tflite, as TensorFlow Lite's metadata has them: a zip archive behind the model. */
import { crc32 } from 'node:zlib';
import { sentence } from '../../errors.ts';
import { readZip, type ZipEntry } from '../zip.ts';

export interface PackedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files behind a model; none when there is no archive, or one that can't be read, which `problem` tells. */
export function packedFiles(model: Uint8Array, file: string): { files: readonly ZipEntry[]; problem?: string } {
  try {
    return { files: readZip(model, file) ?? [] };
  } catch (error) {
    return { files: [], problem: sentence(error) };
  }
}

/**
 * Puts files behind a written model, stored as they are; structures of PKWARE APPNOTE 4.3.7, 4.3.12 and 4.3.16. Offsets count
 * from the model's start. The same files give the same bytes: all are dated 1980-01-01.
 */
export function packFiles(model: Uint8Array, files: readonly PackedFile[]): Uint8Array {
  const parts: Uint8Array[] = [model];
  const entries: Buffer[] = [];
  let at = model.length;
  for (const { name, bytes } of files) {
    const nameBytes = Buffer.from(name);
    // Version 2.0, names in UTF-8, stored.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(/^[\x20-\x7e]*$/.test(name) ? 0 : 0x800, 2);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, nameBytes]));
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes]);
    parts.push(local, bytes);
    at += local.length + bytes.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** Puts labels into a .tflite file the way TensorFlow Lite's metadata has associated files: a zip archive behind the model. */
import { crc32 } from 'node:zlib';

const fileName = 'labels.txt';

/** One stored (not packed) file; structures of PKWARE APPNOTE 4.3.7, 4.3.12 and 4.3.16. Offsets count from the model's start. */
export function withLabels(model: Uint8Array, labels: readonly string[]): Uint8Array {
  const content = Buffer.from(`${labels.join('\n')}\n`);
  const name = Buffer.from(fileName);
  // Version 2.0, no flags, stored; 1980-01-01 as date, so that the same model gives the same bytes.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(0x21, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, content]);
  const place = Buffer.alloc(14);
  place.writeUInt32LE(model.length, 10);
  const madeBy = Buffer.from([20, 0]);
  const entry = Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, common, place, name]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(model.length + local.length, 12);
  return Buffer.concat([model, local, entry, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** .tflite files whose tables alias: small in bytes, huge in what they describe. Laid out by hand, as no writer makes them. */

export type Aliased = 'tensors' | 'numbers' | 'names';

/**
 * tensors: one graph whose tensors are all the same empty table. numbers: tensors that all have the same long shape. names: all the
 * same long name.
 */
export function aliasedFile(kind: Aliased, bytes: number): Uint8Array {
  const file = Buffer.alloc(Math.max(bytes, 512));
  const u16 = (at: number, value: number): unknown => file.writeUInt16LE(value, at);
  const u32 = (at: number, value: number): unknown => file.writeUInt32LE(value, at);
  const leadTo = (at: number, target: number): unknown => u32(at, target - at);
  file.write('TFL3', 4, 'latin1');
  // Root: a vtable with slots for version and graphs, and the table.
  for (const [at, value] of [10, 12, 4, 0, 8].entries()) u16(8 + 2 * at, value);
  leadTo(0, 20);
  file.writeInt32LE(20 - 8, 20);
  u32(24, 3);
  leadTo(28, 32);
  u32(32, 1);
  leadTo(36, 48);
  // The graph: tensors in its first slot.
  for (const [at, value] of [6, 8, 4].entries()) u16(40 + 2 * at, value);
  file.writeInt32LE(48 - 40, 48);
  const count = kind === 'tensors' ? Math.floor((file.length - 128) / 4) : 2000;
  const tensors = 56;
  leadTo(52, tensors);
  u32(tensors, count);
  const vtable = tensors + 4 + 4 * count;
  if (kind === 'tensors') {
    u16(vtable, 4);
    u16(vtable + 2, 4);
  } else {
    // Slots of a tensor: shape, type, buffer, name.
    const slots = kind === 'numbers' ? [12, 8, 4, 0, 0, 0] : [12, 8, 0, 0, 0, 4];
    for (const [at, value] of slots.entries()) u16(vtable + 2 * at, value);
  }
  const table = vtable + (kind === 'tensors' ? 4 : 12);
  file.writeInt32LE(table - vtable, table);
  if (kind !== 'tensors') {
    const long = table + 8;
    leadTo(table + 4, long);
    const room = file.length - long - 4;
    u32(long, kind === 'numbers' ? Math.floor(room / 4) : room);
  }
  for (let at = tensors + 4; at < vtable; at += 4) leadTo(at, table);
  return file;
}

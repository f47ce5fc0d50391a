/** Writes tables as FlatBuffers bytes by their fields. The same value always gives the same bytes. */
import { Builder, type Offset } from 'flatbuffers';
import type { Field, Fields, ScalarName, TableValue } from './schema-fields.ts';
import { scalarBytes } from './table-reader.ts';

/** One slot of a table, ready to be put down once all that it refers to is written. */
type Slot =
  | { readonly slot: number; readonly offset: Offset }
  | {
      readonly slot: number;
      readonly scalar: ScalarName;
      readonly value: number | boolean;
      readonly byDefault: number;
    };

/** @param expectedBytes about how many bytes will come out: it only saves growing */
export function writeRoot<F extends Fields>(
  value: TableValue<F>,
  fields: F,
  identifier: string,
  expectedBytes: number,
): Uint8Array {
  const builder = new Builder(Math.max(1024, expectedBytes));
  builder.finish(writeTable(builder, value as Record<string, unknown>, fields), identifier);
  return builder.asUint8Array();
}

function writeTable(builder: Builder, value: Readonly<Record<string, unknown>>, fields: Fields): Offset {
  const slots: Slot[] = [];
  let next = 0;
  for (const [name, field] of Object.entries(fields)) {
    slots.push(...slotsOf(builder, value[name], field, next));
    next += field.kind === 'union' ? 2 : 1;
  }
  builder.startObject(next);
  // Wide fields first, as flatc does: fewer bytes of padding.
  for (const slot of slots.sort((a, b) => widthOf(b) - widthOf(a))) putSlot(builder, slot);
  return builder.endObject();
}

const widthOf = (slot: Slot): number => ('offset' in slot ? 4 : scalarBytes[slot.scalar]);

/** Writes what the field refers to, and says what goes into the table itself. */
function slotsOf(builder: Builder, value: unknown, field: Field, slot: number): Slot[] {
  if (value === undefined) return [];
  switch (field.kind) {
    case 'unused':
      return [];
    case 'scalar':
      return [{ slot, scalar: field.scalar, value: value as number | boolean, byDefault: Number(field.default) }];
    case 'enum': {
      const numbers = field.names.indexOf(value as string);
      return [{ slot, scalar: 'int8', value: numbers, byDefault: field.names.indexOf(field.default) }];
    }
    case 'string':
      return [{ slot, offset: builder.createString(value as string) }];
    case 'bytes':
      return [{ slot, offset: writeBytes(builder, value as Uint8Array, field.alignment) }];
    case 'vector':
    case 'list':
      return [{ slot, offset: writeScalars(builder, value as readonly (number | boolean)[], field.scalar) }];
    case 'table':
      return [{ slot, offset: writeTable(builder, value as Record<string, unknown>, field.fields) }];
    case 'tables':
    case 'tableList': {
      const rows = value as readonly Record<string, unknown>[];
      return [
        {
          slot,
          offset: writeOffsets(
            builder,
            rows.map((row) => writeTable(builder, row, field.fields)),
          ),
        },
      ];
    }
    case 'union': {
      const { table, ...rest } = value as Record<string, unknown>;
      const names = Object.keys(field.members);
      return [
        { slot, scalar: 'uint8', value: names.indexOf(table as string) + 1, byDefault: 0 },
        { slot: slot + 1, offset: writeTable(builder, rest, field.members[table as string]!) },
      ];
    }
  }
}

function putSlot(builder: Builder, one: Slot): void {
  if ('offset' in one) {
    builder.addFieldOffset(one.slot, one.offset, 0);
    return;
  }
  const { slot, scalar, byDefault } = one;
  const value = Number(one.value);
  const width = scalarBytes[scalar];
  if (scalar === 'float32') builder.addFieldFloat32(slot, value, byDefault);
  else if (width === 8) builder.addFieldInt64(slot, BigInt(value), BigInt(byDefault));
  else if (width === 4) builder.addFieldInt32(slot, value, byDefault);
  else if (width === 2) builder.addFieldInt16(slot, value, byDefault);
  else builder.addFieldInt8(slot, value, byDefault);
}

/** FlatBuffers are built from their end, so padding for the alignment of the data's first byte goes in behind it. */
function writeBytes(builder: Builder, data: Uint8Array, alignment: number): Offset {
  if (alignment > 1) builder.prep(alignment, data.length);
  return builder.createByteVector(data);
}

function writeOffsets(builder: Builder, offsets: readonly Offset[]): Offset {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

function writeScalars(builder: Builder, values: readonly (number | boolean)[], scalar: ScalarName): Offset {
  const width = scalarBytes[scalar];
  builder.startVector(width, values.length, Math.max(4, width));
  for (const value of values.toReversed()) {
    const number = Number(value);
    if (scalar === 'float32') builder.addFloat32(number);
    else if (width === 8) builder.addInt64(BigInt(number));
    else if (width === 4) builder.addInt32(number);
    else if (width === 2) builder.addInt16(number);
    else builder.addInt8(number);
  }
  return builder.endVector();
}

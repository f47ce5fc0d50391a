/** Reads tables out of FlatBuffers bytes by their fields. Every offset, vtable and length is checked: files may be hostile. */
import { InputError } from '../../errors.ts';
import type { Field, Fields, ScalarName, TableValue } from './schema-fields.ts';

export const scalarBytes: Record<ScalarName, number> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
};

/**
 * Tables may be shared, so a small hostile file can describe billions of them. A real file says nothing twice but vtables
 * and options. What is made of the bytes is charged at about what it costs: memory and time stay linear in the file, with a small
 * factor, and below a fixed number of tables. Bytes that are only pointed at cost nothing.
 */
const chargePerByte = 6;
const smallestBudget = 1 << 16;
const tableCharge = 64;
const numberCharge = 8;
/** A model with 5000 operators has about 20,000. */
const mostTables = 250_000;

/** Where a table's fields lie. */
interface TablePlace {
  readonly start: number;
  readonly size: number;
  readonly vtable: number;
  readonly vtableSize: number;
}

/** Reads the root table of `bytes`. Throws InputError, naming `file`, for anything that isn't sound. */
export function readRoot<F extends Fields>(
  bytes: Uint8Array,
  fields: F,
  identifier: string,
  file: string,
): TableValue<F> {
  return new TableReader(bytes, file).root(fields, identifier) as TableValue<F>;
}

class TableReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #text = new TextDecoder();
  #budget: number;
  #tables = 0;

  constructor(bytes: Uint8Array, file: string) {
    // Plain even where a Buffer is given: subarrays of it shall be plain as well.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.#budget = smallestBudget + bytes.length * chargePerByte;
  }

  root(fields: Fields, identifier: string): unknown {
    const found = this.#bytes.length < 8 ? '' : String.fromCharCode(...this.#bytes.subarray(4, 8));
    if (found !== identifier) {
      throw new InputError(
        `${this.#file} is not a TensorFlow Lite model: it should have ${identifier} at byte 4, and ${
          found === '' ? `is only ${this.#bytes.length} bytes long` : `has ${JSON.stringify(found)}`
        }.`,
      );
    }
    return this.#table(this.#follow(0), fields);
  }

  #broken(what: string, at: number): InputError {
    return new InputError(
      `${this.#file} is damaged: ${what} at byte ${at} (the file has ${this.#bytes.length} bytes).`,
      {
        remedy: 'Fetch it again.',
      },
    );
  }

  #claim(at: number, size: number, what: string): void {
    if (at < 0 || size < 0 || at + size > this.#bytes.length) throw this.#broken(`${what} runs past the end`, at);
  }

  #charge(cost: number, at: number): void {
    this.#budget -= cost;
    if (this.#budget < 0) throw this.#broken('the same data is described far too often', at);
  }

  /** Position that the relative offset stored at `at` leads to. */
  #follow(at: number): number {
    this.#claim(at, 4, 'an offset');
    return at + this.#view.getUint32(at, true);
  }

  #place(start: number): TablePlace {
    this.#claim(start, 4, 'a table');
    const vtable = start - this.#view.getInt32(start, true);
    this.#claim(vtable, 4, 'a vtable');
    const vtableSize = this.#view.getUint16(vtable, true);
    const size = this.#view.getUint16(vtable + 2, true);
    if (vtableSize < 4 || vtableSize % 2 !== 0 || size < 4) throw this.#broken('a vtable has no sound size', vtable);
    this.#claim(vtable, vtableSize, 'a vtable');
    this.#claim(start, size, 'a table');
    return { start, size, vtable, vtableSize };
  }

  /** Position of a slot's value, or undefined where the table leaves it out. */
  #slot(place: TablePlace, slot: number, width: number): number | undefined {
    const entry = 4 + 2 * slot;
    if (entry + 2 > place.vtableSize) return undefined;
    const offset = this.#view.getUint16(place.vtable + entry, true);
    if (offset === 0) return undefined;
    if (offset < 4 || offset + width > place.size) throw this.#broken('a field lies outside of its table', place.start);
    return place.start + offset;
  }

  #table(start: number, fields: Fields): unknown {
    const place = this.#place(start);
    this.#tables += 1;
    if (this.#tables > mostTables) throw this.#broken(`it describes more than ${mostTables} tables`, start);
    this.#charge(tableCharge + place.size, start);
    const value: Record<string, unknown> = {};
    let slot = 0;
    for (const [name, field] of Object.entries(fields)) {
      const read = this.#field(place, slot, field);
      if (read !== undefined) value[name] = read;
      slot += field.kind === 'union' ? 2 : 1;
    }
    return value;
  }

  #field(place: TablePlace, slot: number, field: Field): unknown {
    switch (field.kind) {
      case 'unused':
        return undefined;
      case 'scalar': {
        const at = this.#slot(place, slot, scalarBytes[field.scalar]);
        return at === undefined ? field.default : this.#scalar(at, field.scalar);
      }
      case 'enum': {
        const at = this.#slot(place, slot, 1);
        if (at === undefined) return field.default;
        const name = field.names[this.#view.getInt8(at)];
        if (name === undefined) {
          throw this.#broken(`there is no ${field.names[0]}, ${field.names[1] ?? ''}... of this number`, at);
        }
        return name;
      }
      case 'union':
        return this.#union(place, slot, field.members);
    }
    const at = this.#slot(place, slot, 4);
    if (at === undefined) return field.kind === 'list' || field.kind === 'tableList' ? [] : undefined;
    const target = this.#follow(at);
    switch (field.kind) {
      case 'table':
        return this.#table(target, field.fields);
      case 'string':
        return this.#string(target);
      case 'bytes':
        return this.#vector(target, 1).bytes;
      case 'vector':
      case 'list': {
        const width = scalarBytes[field.scalar];
        const { start, length } = this.#vector(target, width);
        this.#charge(length * numberCharge, target);
        return Array.from({ length }, (_, index) => this.#scalar(start + index * width, field.scalar));
      }
      case 'tables':
      case 'tableList': {
        const { start, length } = this.#vector(target, 4);
        this.#charge(length * numberCharge, target);
        return Array.from({ length }, (_, index) => this.#table(this.#follow(start + index * 4), field.fields));
      }
    }
  }

  #union(place: TablePlace, slot: number, members: Readonly<Record<string, Fields>>): unknown {
    const typeAt = this.#slot(place, slot, 1);
    const type = typeAt === undefined ? 0 : this.#view.getUint8(typeAt);
    const at = this.#slot(place, slot + 1, 4);
    if (type === 0 || at === undefined) return undefined;
    const member = Object.entries(members)[type - 1];
    if (member === undefined) {
      throw new InputError(
        `${this.#file} has a table of kind ${type} at byte ${at} where goby knows ${Object.keys(members).length} kinds: it is damaged, or made for a newer TensorFlow Lite.`,
      );
    }
    return { table: member[0], ...(this.#table(this.#follow(at), member[1]) as object) };
  }

  #string(at: number): string {
    const { bytes } = this.#vector(at, 1);
    this.#charge(2 * bytes.length, at);
    return this.#text.decode(bytes);
  }

  #vector(at: number, width: number): { start: number; length: number; bytes: Uint8Array } {
    this.#claim(at, 4, 'a vector');
    const length = this.#view.getUint32(at, true);
    this.#claim(at + 4, length * width, 'a vector');
    return { start: at + 4, length, bytes: this.#bytes.subarray(at + 4, at + 4 + length * width) };
  }

  #scalar(at: number, scalar: ScalarName): number | boolean {
    switch (scalar) {
      case 'bool':
        return this.#view.getUint8(at) !== 0;
      case 'int8':
        return this.#view.getInt8(at);
      case 'uint8':
        return this.#view.getUint8(at);
      case 'uint16':
        return this.#view.getUint16(at, true);
      case 'int32':
        return this.#view.getInt32(at, true);
      case 'uint32':
        return this.#view.getUint32(at, true);
      case 'float32':
        return this.#view.getFloat32(at, true);
      case 'int64':
      case 'uint64': {
        const value = Number(scalar === 'int64' ? this.#view.getBigInt64(at, true) : this.#view.getBigUint64(at, true));
        if (!Number.isSafeInteger(value)) throw this.#broken('a number is beyond all use', at);
        return value;
      }
    }
  }
}

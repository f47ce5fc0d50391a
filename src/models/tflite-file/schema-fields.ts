/** A small language to say a FlatBuffers schema in TypeScript: the codec and the types of values both come from it. */

/** Scalars as they lie in the file. 64-bit integers are read as numbers and must be within 2^53. */
export type ScalarName = 'bool' | 'int8' | 'uint8' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32';

export interface ScalarField<T extends number | boolean> {
  readonly kind: 'scalar';
  readonly scalar: ScalarName;
  readonly default: T;
}

/** An enumeration stored as int8; its values are the names, by position. */
export interface EnumField<Name extends string> {
  readonly kind: 'enum';
  readonly names: readonly Name[];
  readonly default: Name;
}

export interface StringField {
  readonly kind: 'string';
}

/** A vector of bytes, read as a view into the file. `alignment`: bytes that the data starts at a multiple of. */
export interface BytesField {
  readonly kind: 'bytes';
  readonly alignment: number;
}

/** A vector of scalars that may be absent, which is not the same as empty. */
export interface VectorField<T extends number | boolean> {
  readonly kind: 'vector';
  readonly scalar: ScalarName;
  readonly element?: T;
}

/** A vector of scalars that reads as empty when absent, and is always written. */
export interface ListField {
  readonly kind: 'list';
  readonly scalar: ScalarName;
}

export interface TableField<F extends Fields> {
  readonly kind: 'table';
  readonly fields: F;
}

/** A vector of tables that may be absent. */
export interface TablesField<F extends Fields> {
  readonly kind: 'tables';
  readonly fields: F;
}

/** A vector of tables that reads as empty when absent, and is always written. */
export interface TableListField<F extends Fields> {
  readonly kind: 'tableList';
  readonly fields: F;
}

/** A union: two slots, its type and its table. The value carries the member's name in `table`. */
export interface UnionField<Members extends Record<string, Fields>> {
  readonly kind: 'union';
  /** In the order of the schema: the first has type 1. */
  readonly members: Members;
}

/** A slot that is no longer used; it keeps the numbering of the ones behind it. */
export interface UnusedField {
  readonly kind: 'unused';
}

export type Field =
  | ScalarField<number>
  | ScalarField<boolean>
  | EnumField<string>
  | StringField
  | BytesField
  | VectorField<number>
  | VectorField<boolean>
  | ListField
  | UnusedField
  | { readonly kind: 'table' | 'tables' | 'tableList'; readonly fields: Fields }
  | { readonly kind: 'union'; readonly members: Readonly<Record<string, Fields>> };

/** The fields of a table in the order of the schema, which is the order of their slots. */
export interface Fields {
  readonly [name: string]: Field;
}

type ValueOf<F> =
  F extends ScalarField<infer T>
    ? T
    : F extends EnumField<infer Name>
      ? Name
      : F extends StringField
        ? string
        : F extends BytesField
          ? Uint8Array
          : F extends VectorField<infer T>
            ? readonly T[]
            : F extends ListField
              ? readonly number[]
              : F extends TableField<infer G>
                ? TableValue<G>
                : F extends TablesField<infer G> | TableListField<infer G>
                  ? readonly TableValue<G>[]
                  : F extends UnionField<infer M>
                    ? { [K in keyof M]: { readonly table: K } & TableValue<M[K]> }[keyof M]
                    : never;

type AlwaysThere = { readonly kind: 'scalar' | 'enum' | 'list' | 'tableList' };
type RequiredName<F> = { [K in keyof F]: F[K] extends AlwaysThere ? K : never }[keyof F];
type OptionalName<F> = { [K in keyof F]: F[K] extends AlwaysThere | UnusedField ? never : K }[keyof F];

/** The value that a table with these fields is read to: scalars always there, the rest only where the file has it. */
export type TableValue<F> = { readonly [K in RequiredName<F>]: ValueOf<F[K]> } & {
  readonly [K in OptionalName<F>]?: ValueOf<F[K]>;
};

export const bool = (byDefault = false): ScalarField<boolean> => ({
  kind: 'scalar',
  scalar: 'bool',
  default: byDefault,
});
export const int32 = (byDefault = 0): ScalarField<number> => ({ kind: 'scalar', scalar: 'int32', default: byDefault });
export const int8 = (): ScalarField<number> => ({ kind: 'scalar', scalar: 'int8', default: 0 });
export const uint32 = (): ScalarField<number> => ({ kind: 'scalar', scalar: 'uint32', default: 0 });
export const int64 = (): ScalarField<number> => ({ kind: 'scalar', scalar: 'int64', default: 0 });
export const uint64 = (): ScalarField<number> => ({ kind: 'scalar', scalar: 'uint64', default: 0 });
export const float32 = (): ScalarField<number> => ({ kind: 'scalar', scalar: 'float32', default: 0 });
export const string = (): StringField => ({ kind: 'string' });
export const bytes = (alignment = 1): BytesField => ({ kind: 'bytes', alignment });
export const vector = (scalar: Exclude<ScalarName, 'bool'>): VectorField<number> => ({ kind: 'vector', scalar });
export const bools = (): VectorField<boolean> => ({ kind: 'vector', scalar: 'bool' });
export const list = (scalar: Exclude<ScalarName, 'bool'>): ListField => ({ kind: 'list', scalar });
export const unused = (): UnusedField => ({ kind: 'unused' });

export function oneOf<const Names extends readonly string[]>(
  names: Names,
  byDefault: Names[number] = names[0]!,
): EnumField<Names[number]> {
  return { kind: 'enum', names, default: byDefault };
}

export const table = <F extends Fields>(fields: F): TableField<F> => ({ kind: 'table', fields });
export const tables = <F extends Fields>(fields: F): TablesField<F> => ({ kind: 'tables', fields });
export const tableList = <F extends Fields>(fields: F): TableListField<F> => ({ kind: 'tableList', fields });
export const union = <M extends Record<string, Fields>>(members: M): UnionField<M> => ({ kind: 'union', members });

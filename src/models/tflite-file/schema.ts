/** The tables of a .tflite file (schema version 3c), and the types of what is read from them. */
import { builtinOptions, tensorTypes } from './builtin-options.ts';
import {
  bool,
  bools,
  bytes,
  int8,
  int32,
  list,
  oneOf,
  string,
  type TableValue,
  table,
  tableList,
  tables,
  uint32,
  uint64,
  union,
  vector,
} from './schema-fields.ts';

/** real = scale * (stored - zeroPoint); one entry per tensor, or one per slice of quantizedDimension. */
const quantizationParameters = {
  min: vector('float32'),
  max: vector('float32'),
  scale: vector('float32'),
  zeroPoint: vector('int64'),
  details: union({ CustomQuantization: { custom: bytes(16) } }),
  quantizedDimension: int32(),
} as const;

const sparseIndexVector = () =>
  union({
    Int32Vector: { values: vector('int32') },
    Uint16Vector: { values: vector('uint16') },
    Uint8Vector: { values: bytes(4) },
  });

const sparsityParameters = {
  traversalOrder: vector('int32'),
  blockMap: vector('int32'),
  dimMetadata: tables({
    format: oneOf(['DENSE', 'SPARSE_CSR']),
    denseSize: int32(),
    arraySegments: sparseIndexVector(),
    arrayIndices: sparseIndexVector(),
  }),
} as const;

const tensor = {
  shape: list('int32'),
  type: oneOf(tensorTypes),
  buffer: uint32(),
  name: string(),
  quantization: table(quantizationParameters),
  isVariable: bool(),
  sparsity: table(sparsityParameters),
  shapeSignature: vector('int32'),
  hasRank: bool(),
  variantTensors: tables({ shape: list('int32'), type: oneOf(tensorTypes), hasRank: bool() }),
} as const;

const operator = {
  opcodeIndex: uint32(),
  inputs: list('int32'),
  outputs: list('int32'),
  builtinOptions: union(builtinOptions),
  customOptions: bytes(),
  customOptionsFormat: oneOf(['FLEXBUFFERS']),
  mutatingVariableInputs: bools(),
  intermediates: vector('int32'),
  largeCustomOptionsOffset: uint64(),
  largeCustomOptionsSize: uint64(),
  /** StableHLO's options: none of its members is known here, so a file that uses one is refused. */
  builtinOptions2: union({}),
} as const;

const subGraph = {
  tensors: tableList(tensor),
  inputs: list('int32'),
  outputs: list('int32'),
  operators: tableList(operator),
  name: string(),
} as const;

const tensorMap = { name: string(), tensorIndex: uint32() } as const;

const signatureDef = {
  inputs: tables(tensorMap),
  outputs: tables(tensorMap),
  signatureKey: string(),
  deprecatedTag: string(),
  subgraphIndex: uint32(),
} as const;

export const fileTable = {
  version: uint32(),
  operatorCodes: tableList({
    deprecatedBuiltinCode: int8(),
    customCode: string(),
    version: int32(1),
    builtinCode: int32(),
  }),
  subgraphs: tableList(subGraph),
  description: string(),
  buffers: tableList({ data: bytes(16), offset: uint64(), size: uint64() }),
  metadataBuffer: vector('int32'),
  metadata: tables({ name: string(), buffer: uint32() }),
  signatureDefs: tables(signatureDef),
} as const;

/** The file as it lies on disk, before operator codes and buffers are made plain. */
export type FileValue = TableValue<typeof fileTable>;
export type Tensor = TableValue<typeof tensor>;
export type Quantization = TableValue<typeof quantizationParameters>;
export type Operator = TableValue<typeof operator>;
export type BuiltinOptions = NonNullable<Operator['builtinOptions']>;
export type SubGraph = TableValue<typeof subGraph>;
export type SignatureDef = TableValue<typeof signatureDef>;

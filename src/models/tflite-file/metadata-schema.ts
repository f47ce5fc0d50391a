/**
 * The tables of TensorFlow Lite's metadata, which lie in the buffer of a metadata entry named TFLITE_METADATA:
 * tensorflow_lite_support/metadata/metadata_schema.fbs, version 1.5. Fields that goby neither reads nor writes keep their slots.
 */
import {
  bytes,
  float32,
  int32,
  oneOf,
  string,
  type TableValue,
  table,
  tables,
  uint32,
  union,
  unused,
  vector,
} from './schema-fields.ts';

/** Name of the metadata entry, and the identifier at the start of its buffer. */
export const metadataEntry = 'TFLITE_METADATA';
export const metadataIdentifier = 'M001';

const associatedFile = {
  /** As it is called in the archive behind the model. */
  name: string(),
  description: string(),
  /** Axis labels: one a value of the tensor (classifiers). Value labels: one a number that the tensor may hold (detectors). */
  type: oneOf([
    'UNKNOWN',
    'DESCRIPTIONS',
    'TENSOR_AXIS_LABELS',
    'TENSOR_VALUE_LABELS',
    'TENSOR_AXIS_SCORE_CALIBRATION',
    'VOCABULARY',
    'SCANN_INDEX_FILE',
  ]),
  locale: string(),
  version: string(),
} as const;

const content = {
  contentProperties: union({
    FeatureProperties: {},
    ImageProperties: {
      colorSpace: oneOf(['UNKNOWN', 'RGB', 'GRAYSCALE']),
      defaultSize: table({ width: uint32(), height: uint32() }),
    },
    BoundingBoxProperties: {
      index: vector('uint32'),
      type: oneOf(['UNKNOWN', 'BOUNDARIES', 'UPPER_LEFT', 'CENTER']),
      coordinateType: oneOf(['RATIO', 'PIXEL']),
    },
    AudioProperties: { sampleRate: uint32(), channels: uint32() },
  }),
  range: table({ min: int32(), max: int32() }),
} as const;

/** (pixel - mean) / std; one value for all channels, or one for each. */
const normalizationOptions = { mean: vector('float32'), std: vector('float32') } as const;

const processUnits = tables({
  options: union({
    NormalizationOptions: normalizationOptions,
    ScoreCalibrationOptions: {
      scoreTransformation: oneOf(['IDENTITY', 'LOG', 'INVERSE_LOGISTIC']),
      defaultScore: float32(),
    },
    ScoreThresholdingOptions: { globalScoreThreshold: float32() },
    BertTokenizerOptions: {},
    SentencePieceTokenizerOptions: {},
    RegexTokenizerOptions: {},
  }),
});

const tensorMetadata = {
  name: string(),
  description: string(),
  dimensionNames: unused(),
  content: table(content),
  processUnits,
  stats: table({ max: vector('float32'), min: vector('float32') }),
  associatedFiles: tables(associatedFile),
} as const;

const subGraphMetadata = {
  name: string(),
  description: string(),
  /** In the order of the graph's inputs. */
  inputTensorMetadata: tables(tensorMetadata),
  /** In the order of the graph's outputs. */
  outputTensorMetadata: tables(tensorMetadata),
  associatedFiles: tables(associatedFile),
  inputProcessUnits: processUnits,
  outputProcessUnits: processUnits,
  inputTensorGroups: unused(),
  outputTensorGroups: unused(),
  customMetadata: tables({ name: string(), data: bytes(16) }),
} as const;

export const metadataTable = {
  name: string(),
  description: string(),
  version: string(),
  subgraphMetadata: tables(subGraphMetadata),
  author: string(),
  license: string(),
  associatedFiles: tables(associatedFile),
  minParserVersion: string(),
} as const;

/** The whole of TFLITE_METADATA. */
export type MetadataValue = TableValue<typeof metadataTable>;
export type TensorMetadata = TableValue<typeof tensorMetadata>;
export type AssociatedFile = TableValue<typeof associatedFile>;

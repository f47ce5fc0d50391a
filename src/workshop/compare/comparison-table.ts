/** A comparison as rows: one list of columns serves the terminal, CSV and the page. */
import { type ComparedModel, type Comparison, type MeasuredAccuracy, plottedAccuracy } from './comparison.ts';

export interface Column {
  readonly title: string;
  /** Empty where the model has no such figure. */
  readonly cell: (model: ComparedModel) => string;
  /** Printed by others, not measured here. */
  readonly published?: true;
}

const fixed = (value: number | undefined, digits: number): string => (value === undefined ? '' : value.toFixed(digits));
const percent = (share: number | undefined): string => fixed(share === undefined ? undefined : 100 * share, 1);
const top = (measured: MeasuredAccuracy | undefined, which: 'top1' | 'top5'): string =>
  measured !== undefined && 'top1' in measured ? percent(measured[which]) : '';

const columns: readonly Column[] = [
  { title: 'model', cell: ({ name }) => name },
  { title: 'backend', cell: ({ backend }) => backend },
  { title: 'weights', cell: ({ quantization }) => quantization },
  { title: 'threads', cell: ({ threads }) => fixed(threads, 0) },
  { title: 'MMAC', cell: ({ macs, compiledForEdgeTpu }) => (compiledForEdgeTpu ? '' : (macs / 1e6).toFixed(1)) },
  {
    title: 'Mparam',
    cell: ({ parameters, compiledForEdgeTpu }) => (compiledForEdgeTpu ? '' : (parameters / 1e6).toFixed(2)),
  },
  { title: 'file MB', cell: ({ bytes }) => (bytes / 1e6).toFixed(2) },
  { title: 'arena MB', cell: ({ arenaBytes }) => (arenaBytes / 1e6).toFixed(2) },
  {
    title: 'memory MB',
    cell: ({ memoryBytes }) => fixed(memoryBytes === undefined ? undefined : memoryBytes / 1e6, 1),
  },
  {
    title: 'XNNPACK %',
    cell: ({ xnnpackShare }) => fixed(xnnpackShare === undefined ? undefined : 100 * xnnpackShare, 0),
  },
  { title: 'load ms', cell: ({ loadMs }) => loadMs.toFixed(0) },
  { title: 'first ms', cell: ({ firstMs }) => firstMs.toFixed(1) },
  { title: 'median ms', cell: ({ roundTripMs }) => roundTripMs.median.toFixed(2) },
  { title: 'p95 ms', cell: ({ roundTripMs }) => roundTripMs.p95.toFixed(2) },
  { title: 'Invoke ms', cell: ({ invokeMs }) => invokeMs.median.toFixed(2) },
  { title: 'frames/s', cell: ({ framesPerSecond }) => framesPerSecond.toFixed(1) },
  { title: 'hottest C', cell: ({ temperatureC }) => fixed(temperatureC, 1) },
  { title: 'throttled', cell: ({ throttled }) => (throttled === undefined ? '' : throttled ? 'yes' : 'no') },
  { title: 'top-1 %', cell: ({ accuracy }) => top(accuracy, 'top1') },
  { title: 'top-5 %', cell: ({ accuracy }) => top(accuracy, 'top5') },
  { title: 'ImageNet top-1 %', cell: ({ imagenet }) => top(imagenet, 'top1') },
  { title: 'ImageNet top-5 %', cell: ({ imagenet }) => top(imagenet, 'top5') },
  { title: 'mAP %', cell: ({ map }) => percent(map) },
  { title: 'AP50 %', cell: ({ ap50 }) => percent(ap50) },
  { title: 'agrees %', cell: ({ agreement }) => percent(agreement) },
  { title: 'MMAC', cell: ({ published }) => fixed(published?.millionMacs, 0), published: true },
  { title: 'Mparam', cell: ({ published }) => fixed(published?.millionParameters, 2), published: true },
  { title: 'float top-1 %', cell: ({ published }) => percent(published?.float.top1), published: true },
  { title: '8-bit top-1 %', cell: ({ published }) => percent(published?.quantized?.top1), published: true },
];

/** The columns that at least one model fills. */
export function filledColumns({ models }: Pick<Comparison, 'models'>): readonly Column[] {
  return columns.filter(({ cell }) => models.some((model) => cell(model) !== ''));
}

/** `top-1 % (published)`. */
export function columnTitle({ title, published }: Column): string {
  return published === true ? `${title} (published)` : title;
}

export function threadsText({ threads }: Pick<Comparison, 'threads'>): string {
  if (threads === 'auto') return 'threads as measured for each model';
  return `${threads} thread${threads === 1 ? '' : 's'}`;
}

/** RFC 4180, every column, with the hash of each file. */
export function comparisonCsv({ models }: Pick<Comparison, 'models'>): string {
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = [
    [...columns.map(columnTitle), 'sha256'],
    ...models.map((model) => [...columns.map(({ cell }) => cell(model)), model.sha256]),
  ];
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

/** What a reader needs beside the table and the verdict on the versions, a sentence a line. */
export function comparisonNotes(comparison: Comparison): string[] {
  const { models, reference, agreementPhotos } = comparison;
  const off = models.flatMap(({ name, checks }) =>
    checks
      .filter(({ agrees, reason }) => !agrees || reason !== undefined)
      .map(({ what, counted, published, deviation, agrees, reason }) => {
        const figures = `${(counted / 1e6).toFixed(2)} million ${what} counted, ${(published / 1e6).toFixed(2)} published (${(100 * deviation).toFixed(1)} %)`;
        return `${name}: ${figures}: ${reason ?? (agrees ? 'within 1 %' : 'no reason is known')}.`;
      }),
  );
  const reasons = [...new Set(models.flatMap((model) => missing(model)))];
  const checked = models.filter(({ checks }) => checks.length > 0).length;
  return [
    `arena: planned for the tensors by TensorFlow Lite's own rule${models.some(({ memoryBytes }) => memoryBytes !== undefined) ? '; memory: what the worker grew by' : ''}.`,
    ...(reference === undefined ? [] : [`agrees: same first label as ${reference} on ${agreementPhotos} photos.`]),
    ...(checked === 0
      ? []
      : ['Counted MACs and parameters agree with the published ones within 1 % where nothing else is said.']),
    ...off,
    ...reasons,
  ];
}

function missing({ name, accuracy, imagenet }: ComparedModel): string[] {
  return [accuracy, imagenet].flatMap((measured) =>
    measured !== undefined && 'reason' in measured ? [`${name} has no accuracy: ${measured.reason}.`] : [],
  );
}

/** Points of the plot, with where their accuracy comes from. */
export function plotPoints({ models }: Pick<Comparison, 'models'>) {
  return models.flatMap((model) => {
    const accuracy = plottedAccuracy(model);
    return accuracy === undefined
      ? []
      : [{ model, latencyMs: model.roundTripMs.median, accuracy: accuracy.value, from: accuracy.from }];
  });
}

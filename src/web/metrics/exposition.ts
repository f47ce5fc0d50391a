/**
 * The text that Prometheus reads: exposition format 0.0.4, prometheus.io/docs/instrumenting/exposition_formats. Names and units follow
 * prometheus.io/docs/practices/naming: base units, `_total` for counters, `_info` for facts.
 */
import type { HistogramSnapshot } from '../../system/measure/histogram.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  /** Undefined: not known now, and left out. */
  readonly value: number | undefined;
}

export type MetricFamily = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | {
      readonly type: 'histogram';
      readonly samples: readonly { readonly labels?: Labels; readonly value: HistogramSnapshot }[];
    }
);

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** Families without a sample are left out. */
export function exposition(families: readonly MetricFamily[]): string {
  return families
    .map((family) => ({ family, lines: linesOf(family) }))
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ family: { name, help, type }, lines }) => [
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${type}`,
      ...lines,
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function linesOf(family: MetricFamily): string[] {
  const { name } = family;
  if (family.type !== 'histogram') {
    return family.samples.flatMap(({ labels, value }) =>
      value === undefined || Number.isNaN(value) ? [] : [`${name}${labelText(labels)} ${numberText(value)}`],
    );
  }
  return family.samples.flatMap(({ labels = {}, value: { buckets, count, sumSeconds } }) => [
    ...buckets.map(
      (bucket) => `${name}_bucket${labelText({ ...labels, le: numberText(bucket.upToSeconds) })} ${bucket.count}`,
    ),
    `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_sum${labelText(labels)} ${numberText(sumSeconds)}`,
    `${name}_count${labelText(labels)} ${count}`,
  ]);
}

function labelText(labels: Labels = {}): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

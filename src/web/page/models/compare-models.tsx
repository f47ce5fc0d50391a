/** The models of this device side by side, measured here: cost, memory and latency, beside the accuracy that is published. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, request } from '../connection.ts';
import { ScrollingTable } from '../shell/scrolling-table.tsx';
import { text } from '../texts/text.ts';
import type { Compared, ComparisonState } from './training-types.ts';

/** How often a running comparison is asked for its end. */
const askEveryMs = 1000;

export function CompareModels(): JSX.Element {
  const found = useSignal<Partial<ComparisonState>>({});
  const trouble = useSignal('');
  const isRunning = found.value.state === 'running';
  const take = (asked: Promise<Partial<ComparisonState>>): void => {
    asked.then(
      (state) => {
        found.value = state;
        trouble.value = '';
      },
      (error: Error) => {
        trouble.value = error.message;
      },
    );
  };
  useEffect(() => {
    if (!isConnected.value) return;
    take(request<Partial<ComparisonState>>('models-comparison'));
    if (!isRunning) return;
    const timer = setInterval(() => take(request<Partial<ComparisonState>>('models-comparison')), askEveryMs);
    return () => clearInterval(timer);
  }, [isRunning, isConnected.value]);
  const compare = (task: 'classify' | 'detect'): void => take(request('models-compare', { task }));
  const { comparison, error } = found.value;
  return (
    <section class="comparison" aria-label={text('compare.title')}>
      <h2>{text('compare.title')}</h2>
      <p class="hint">{text('compare.hint')}</p>
      <p role="alert">{trouble.value}</p>
      <div class="buttons">
        <button type="button" disabled={isRunning} onClick={() => compare('classify')}>
          {text('compare.classify')}
        </button>
        <button type="button" disabled={isRunning} onClick={() => compare('detect')}>
          {text('compare.detect')}
        </button>
      </div>
      {isRunning && (
        <>
          <progress aria-label={text('compare.runs')} />
          <p>{text('compare.runs')}</p>
        </>
      )}
      {error !== undefined && <p class="warning">{text('training.failed', { error })}</p>}
      {comparison !== undefined && (
        <>
          <Figures models={comparison.models} />
          {comparison.versions !== undefined && <p>{comparison.versions}</p>}
          <p class="hint">{comparison.machine}</p>
        </>
      )}
    </section>
  );
}

function Figures({ models }: { readonly models: readonly Compared[] }): JSX.Element {
  const hasPublished = models.some(({ published }) => published !== undefined);
  return (
    <ScrollingTable
      label={text('compare.figures')}
      headings={[
        text('models.model'),
        text('compare.weights'),
        text('models.backend'),
        text('compare.invoke'),
        'p95',
        text('compare.macs'),
        text('compare.parameters'),
        text('compare.file'),
        text('compare.memory'),
        ...(hasPublished ? [text('compare.published')] : []),
      ]}
    >
      {models.map((model) => (
        <tr key={model.name}>
          <th scope="row">{model.name}</th>
          <td>{model.quantization}</td>
          <td>{model.backend}</td>
          <td>{`${model.invokeMs.median.toFixed(1)} ms`}</td>
          <td>{`${model.invokeMs.p95.toFixed(1)} ms`}</td>
          <td>{model.compiledForEdgeTpu ? '' : millions(model.macs)}</td>
          <td>{model.compiledForEdgeTpu ? '' : millions(model.parameters)}</td>
          <td>{`${(model.bytes / 1e6).toFixed(1)} MB`}</td>
          <td>{model.memoryBytes === undefined ? '' : `${(model.memoryBytes / 1e6).toFixed(1)} MB`}</td>
          {hasPublished && <td>{top1Text(model)}</td>}
        </tr>
      ))}
    </ScrollingTable>
  );
}

const millions = (count: number): string => `${(count / 1e6).toFixed(1)} M`;

function top1Text({ published }: Compared): string {
  return published === undefined ? '' : `${(100 * published.float.top1).toFixed(1)} %`;
}

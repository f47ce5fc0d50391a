/** Device: health, a day of measurements, and the log. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, onMessage, request, retained } from '../connection.ts';
import { ScrollingTable } from '../shell/scrolling-table.tsx';
import { text } from '../texts/text.ts';
import { Chart, type Series } from './chart.tsx';
import { LogView } from './log-view.tsx';

/** Rows of equal length: times in seconds, and a list for each measure; null where there was none. */
interface History {
  readonly times: readonly number[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

export function DevicePart(): JSX.Element {
  const history = useSignal<History>({ times: [], series: {} });
  const trouble = useSignal('');
  useEffect(() => {
    if (!isConnected.value) return;
    const load = (): void => {
      request<History>('history').then(
        (found) => {
          history.value = found;
        },
        (error: Error) => {
          trouble.value = error.message;
        },
      );
    };
    load();
    return onMessage((topic) => {
      if (topic === 'telemetry') load();
    });
  }, [isConnected.value]);
  const { times, series } = history.value;
  const pick = (...prefixes: readonly string[]): Series[] =>
    Object.entries(series)
      .filter(([name]) => prefixes.some((prefix) => name === prefix || name.startsWith(`${prefix} `)))
      .map(([name, values]) => ({ name, values }));
  const charts: readonly { readonly title: string; readonly unit: string; readonly series: readonly Series[] }[] = [
    { title: text('device.temperature'), unit: '°C', series: pick('temperature') },
    { title: text('device.rate'), unit: '/s', series: pick('framesPerSecond') },
    { title: text('device.latency'), unit: 'ms', series: pick('latency') },
    { title: text('device.memory'), unit: 'MB', series: pick('memory') },
    { title: text('device.cpu'), unit: '%', series: pick('cpu') },
    { title: text('device.outbox'), unit: '', series: pick('outbox') },
    { title: text('device.network'), unit: 'kB/s', series: pick('network') },
    { title: text('device.throttled'), unit: '', series: pick('throttled') },
  ];
  return (
    <>
      <h1>{text('nav.device')}</h1>
      <p role="alert">{trouble.value}</p>
      <Health />
      <div class="charts">
        {charts
          .filter((chart) => chart.series.length > 0)
          .map((chart) => (
            <Chart key={chart.title} times={times} {...chart} />
          ))}
      </div>
      <LogView />
    </>
  );
}

function Health(): JSX.Element {
  const health = (retained.value.get('health') ?? {}) as Readonly<
    Record<string, { state: string; since: string; detail?: string }>
  >;
  const info = (retained.value.get('info') ?? {}) as { version?: string; backend?: string };
  return (
    <section>
      <h2>{text('device.health')}</h2>
      <p>{`goby ${info.version ?? ''} ${info.backend ?? ''}`}</p>
      <ScrollingTable
        label={text('device.health')}
        headings={[text('device.part'), text('device.state'), text('device.since'), text('device.detail')]}
      >
        {Object.entries(health).map(([part, { state, since, detail }]) => (
          <tr key={part}>
            <th scope="row">{part}</th>
            <td>{state}</td>
            <td>{new Date(since).toLocaleString()}</td>
            <td>{detail ?? ''}</td>
          </tr>
        ))}
      </ScrollingTable>
    </section>
  );
}

/** The log as it is written, filtered. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, onMessage, request } from '../connection.ts';
import { text } from '../texts/text.ts';

interface LogLine {
  readonly time: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly part: string;
  readonly message: string;
}

const levels = ['error', 'warn', 'info', 'debug'] as const;
const mostLines = 500;

export function LogView(): JSX.Element {
  const lines = useSignal<readonly LogLine[]>([]);
  const level = useSignal<LogLine['level']>('info');
  const wanted = useSignal('');
  useEffect(() => {
    if (!isConnected.value) return;
    request<{ lines: readonly LogLine[] }>('log').then(
      ({ lines: found }) => {
        lines.value = found;
      },
      () => undefined,
    );
    return onMessage((topic, payload) => {
      if (topic === 'log') lines.value = [...lines.value, payload as LogLine].slice(-mostLines);
    });
  }, [isConnected.value]);
  const shown = lines.value.filter(
    (line) =>
      levels.indexOf(line.level) <= levels.indexOf(level.value) &&
      `${line.part} ${line.message}`.toLowerCase().includes(wanted.value.toLowerCase()),
  );
  return (
    <section>
      <h2>{text('device.log')}</h2>
      <div class="filters">
        <label>
          {text('device.level')}
          <select
            value={level.value}
            onChange={({ currentTarget }) => {
              level.value = currentTarget.value as LogLine['level'];
            }}
          >
            {levels.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          {text('settings.find')}
          <input
            type="search"
            value={wanted.value}
            onInput={({ currentTarget }) => {
              wanted.value = currentTarget.value;
            }}
          />
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard this way. */}
      <pre class="log" tabIndex={0} role="log" aria-label={text('device.log')}>
        {shown
          .slice(-200)
          .map(
            ({ time, level: one, part, message }) =>
              `${new Date(time).toLocaleTimeString()} ${one} ${part}: ${message}`,
          )
          .join('\n')}
      </pre>
    </section>
  );
}

/** The newest measurements of the device, as Device charts them over a day. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isConnected, onMessage, request } from '../connection.ts';

/** By name, such as `temperature cpu` or `framesPerSecond front`: see agent/measurements.ts. */
export type Measured = Readonly<Record<string, number | undefined>>;

/** Asked for at the start and with every telemetry; empty until there is some. */
export function useMeasured(): Measured {
  const measured = useSignal<Measured>({});
  useEffect(() => {
    if (!isConnected.value) return;
    const load = (): void => {
      request<{ series: Readonly<Record<string, readonly (number | null)[]>> }>('history').then(
        ({ series }) => {
          measured.value = Object.fromEntries(
            Object.entries(series).map(([name, values]) => [name, values.at(-1) ?? undefined]),
          );
        },
        // The picture is worth more than its numbers.
        () => undefined,
      );
    };
    load();
    return onMessage((topic) => {
      if (topic === 'telemetry') load();
    });
  }, [isConnected.value]);
  return measured.value;
}

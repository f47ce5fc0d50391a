/** A chart of a day, drawn by uPlot. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  readonly unit: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

const colours = ['#0b7a94', '#c2571a', '#6a4fb3', '#2e7d32', '#b0004f', '#7a6a00'];
const heightPx = 190;
const shortestSeconds = 600;

/** Of the first minutes too: uPlot makes years of a single point in time. */
function timeRange(_plot: uPlot, first: number | null, last: number | null): [number, number] {
  const to = last ?? Date.now() / 1000;
  return [Math.min(first ?? to, to - shortestSeconds), to];
}

export function Chart({ title, unit, times, series }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const names = series.map(({ name }) => name).join('\n');
  useEffect(() => {
    const element = place.current!;
    const style = getComputedStyle(element);
    const axis = { stroke: style.getPropertyValue('color'), grid: { stroke: style.getPropertyValue('--line') } };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: heightPx,
        legend: { live: false },
        scales: { x: { range: timeRange } },
        axes: [axis, { ...axis, values: (_plot, splits) => splits.map((value) => `${value} ${unit}`), size: 70 }],
        series: [
          {},
          ...series.map(({ name }, at) => ({
            label: name,
            stroke: colours[at % colours.length]!,
            width: 1.5,
            points: { show: false },
          })),
        ],
      },
      dataOf(times, series),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [names]);
  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series]);
  const last = series
    .map(({ name, values }) => `${name} ${values.findLast((value) => value !== null) ?? '–'} ${unit}`)
    .join(', ');
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${last}`} />
    </figure>
  );
}

function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

/** How the score went over the life of an event. */
import type { JSX } from 'preact';
import { text } from '../texts/text.ts';
import { durationText } from './times.ts';

interface Props {
  /** Milliseconds after the start, and the score then. */
  readonly scores: readonly (readonly [number, number])[];
  readonly lengthMs: number;
}

const width = 600;
const height = 120;

export function ScoreLine({ scores, lengthMs }: Props): JSX.Element {
  const longest = Math.max(1, lengthMs, scores.at(-1)?.[0] ?? 0);
  const points = scores.map(
    ([at, score]) => `${((at / longest) * width).toFixed(1)},${((1 - score) * height).toFixed(1)}`,
  );
  const values = scores.map(([, score]) => score);
  const words = text('events.scoreLine', {
    low: Math.round(100 * Math.min(...values)),
    high: Math.round(100 * Math.max(...values)),
    length: durationText(lengthMs),
  });
  return (
    <svg class="score-line" viewBox={`-4 -4 ${width + 8} ${height + 8}`} role="img" aria-label={words}>
      <title>{words}</title>
      {[0, 0.25, 0.5, 0.75, 1].map((score) => (
        <line key={score} x1="0" x2={width} y1={(1 - score) * height} y2={(1 - score) * height} />
      ))}
      <polyline points={points.join(' ')} />
      {scores.map(([at, score]) => (
        <circle key={at} cx={(at / longest) * width} cy={(1 - score) * height} r="3" />
      ))}
    </svg>
  );
}

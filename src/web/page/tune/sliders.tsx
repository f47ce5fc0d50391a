/** What is turned while tuning: a number on a slider, or one of a few words. */
import type { JSX } from 'preact';
import { text } from '../texts/text.ts';

interface SliderProps {
  readonly name: string;
  /** Undefined: goby chooses; the slider stands at `usual`. */
  readonly value: number | undefined;
  readonly usual?: number;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly unit?: '%' | 's' | 'px';
  onChange(value: number): void;
}

export function Slider({ name, value, usual, low, high, step, unit, onChange }: SliderProps): JSX.Element {
  const words = value === undefined ? text('tune.automatic') : wordsOf(value, unit);
  return (
    <label class="slider">
      <span>{`${name}: ${words}`}</span>
      <input
        type="range"
        min={Math.min(low, value ?? low)}
        max={Math.max(high, value ?? high)}
        step={step}
        value={value ?? usual ?? low}
        aria-valuetext={words}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </label>
  );
}

/** Fractions as per cent, milliseconds as seconds. */
function wordsOf(value: number, unit: SliderProps['unit']): string {
  if (unit === '%') return `${Number((100 * value).toFixed(1))} %`;
  if (unit === 's') return `${Number((value / 1000).toFixed(1))} s`;
  return unit === undefined ? String(value) : `${value} ${unit}`;
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly words: readonly string[];
  onChange(value: string): void;
}

export function Choice({ name, value, words, onChange }: ChoiceProps): JSX.Element {
  return (
    <label class="choice">
      <span>{name}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {words.map((word) => (
          <option key={word} value={word}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

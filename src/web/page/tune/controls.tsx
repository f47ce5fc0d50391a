/** The sliders of a camera: scores, one label's own limits, motion, regions. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { text } from '../texts/text.ts';
import { Choice, Slider } from './sliders.tsx';
import { type LabelFilter, openFilter, type Tuning } from './tuning.ts';

interface ControlsProps {
  readonly tuning: Tuning;
  /** That were seen, or have limits of their own. */
  readonly labels: readonly string[];
  onChange(change: Partial<Tuning>): void;
}

export function Controls({ tuning, labels, onChange }: ControlsProps): JSX.Element {
  const { minScore, tracking, motion, regions } = tuning;
  const setMotion = (change: Partial<Tuning['motion']>): void => onChange({ motion: { ...motion, ...change } });
  const setRegions = (change: Partial<Tuning['regions']>): void => onChange({ regions: { ...regions, ...change } });
  return (
    <>
      <fieldset>
        <legend>{text('tune.scores')}</legend>
        <Slider
          {...{ name: text('tune.minScore'), value: minScore, low: 0.05, high: 0.95, step: 0.01, unit: '%' }}
          onChange={(value) => onChange({ minScore: value })}
        />
        <Slider
          {...{ name: text('tune.confirmHits'), value: tracking.confirmHits, usual: 2, low: 1, high: 10, step: 1 }}
          onChange={(confirmHits) => onChange({ tracking: { ...tracking, confirmHits } })}
        />
      </fieldset>
      {labels.length > 0 && <LabelControls tuning={tuning} labels={labels} onChange={onChange} />}
      <fieldset>
        <legend>{text('tune.motion')}</legend>
        <Choice
          {...{ name: text('tune.gate'), value: motion.gate, words: ['auto', 'on', 'off'] }}
          onChange={(gate) => setMotion({ gate })}
        />
        <Slider
          {...{ name: text('tune.lingerMs'), value: motion.lingerMs, low: 0, high: 10_000, step: 100, unit: 's' }}
          onChange={(lingerMs) => setMotion({ lingerMs })}
        />
        <Slider
          {...{ name: text('tune.forcedLookMs'), value: motion.forcedLookMs, low: 500, high: 60_000, step: 500 }}
          unit="s"
          onChange={(forcedLookMs) => setMotion({ forcedLookMs })}
        />
      </fieldset>
      <fieldset>
        <legend>{text('tune.regions')}</legend>
        <Choice
          {...{ name: text('tune.mode'), value: regions.mode, words: ['auto', 'off'] }}
          onChange={(mode) => setRegions({ mode })}
        />
        <Slider
          {...{ name: text('tune.maxInferences'), value: regions.maxInferencesPerFrame, usual: 4, low: 1, high: 16 }}
          step={1}
          onChange={(maxInferencesPerFrame) => setRegions({ maxInferencesPerFrame })}
        />
        <Slider
          {...{ name: text('tune.minSidePx'), value: regions.minSidePx, low: 64, high: 960, step: 16, unit: 'px' }}
          onChange={(minSidePx) => setRegions({ minSidePx })}
        />
        <Slider
          {...{ name: text('tune.wholeFrameMs'), value: regions.wholeFrameMs, low: 500, high: 60_000, step: 500 }}
          unit="s"
          onChange={(wholeFrameMs) => setRegions({ wholeFrameMs })}
        />
      </fieldset>
      <p class="hint">{text('tune.hint')}</p>
    </>
  );
}

function LabelControls({ tuning: { filters }, labels, onChange }: ControlsProps): JSX.Element {
  const chosen = useSignal<string | undefined>(undefined);
  const label = chosen.value ?? labels[0]!;
  const filter = filters[label] ?? openFilter;
  const set = (change: Partial<LabelFilter>): void =>
    onChange({ filters: { ...filters, [label]: { ...filter, ...change } } });
  return (
    <fieldset>
      <legend>{text('tune.label')}</legend>
      <Choice
        {...{ name: text('tune.which'), value: label, words: labels }}
        onChange={(name) => {
          chosen.value = name;
        }}
      />
      <Slider
        {...{ name: text('tune.labelScore', { label }), value: filter.minScore, low: 0, high: 0.95, step: 0.01 }}
        unit="%"
        onChange={(minScore) => set({ minScore })}
      />
      <Slider
        {...{ name: text('tune.minArea', { label }), value: filter.minArea, low: 0, high: 0.2, step: 0.001, unit: '%' }}
        onChange={(minArea) => set({ minArea: Math.min(minArea, filter.maxArea) })}
      />
      <Slider
        {...{ name: text('tune.maxArea', { label }), value: filter.maxArea, low: 0.01, high: 1, step: 0.01, unit: '%' }}
        onChange={(maxArea) => set({ maxArea: Math.max(maxArea, filter.minArea) })}
      />
    </fieldset>
  );
}

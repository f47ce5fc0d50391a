/** Tune: thresholds against what really happened on the last day, and against the live picture. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Point } from '../../../geometry/polygon.ts';
import { cameras, frames, isConnected, request, role, showLive } from '../connection.ts';
import { dayOf, timeOf } from '../events/times.ts';
import { LivePicture } from '../live/live-picture.tsx';
import { CameraChoice } from '../shell/camera-choice.tsx';
import { text } from '../texts/text.ts';
import { type PastTrack, type Thresholds, wouldBeEvent } from './tuning.ts';

interface CameraSettings {
  readonly minScore: number;
  readonly masks: readonly (readonly Point[])[];
  readonly tracking: { readonly confirmHits?: number };
  readonly motion: { readonly lingerMs: number };
}

export function TunePart(): JSX.Element {
  const camera = useSignal<string | undefined>(undefined);
  const shown = camera.value ?? cameras.value[0];
  return (
    <>
      <h1>{text('nav.tune')}</h1>
      <CameraChoice
        chosen={shown}
        onChoose={(name) => {
          camera.value = name;
        }}
      />
      {shown !== undefined && <CameraTuning key={shown} camera={shown} />}
    </>
  );
}

function CameraTuning({ camera }: { readonly camera: string }): JSX.Element {
  const saved = useSignal<Thresholds | undefined>(undefined);
  const tried = useSignal<Thresholds | undefined>(undefined);
  const past = useSignal<{ readonly fromMs?: number; readonly tracks: readonly PastTrack[] }>({ tracks: [] });
  const outcome = useSignal('');
  const tell = (error: Error): void => {
    outcome.value = error.message;
  };
  useEffect(() => {
    if (!isConnected.value) return;
    showLive([{ camera, perSecond: 5, always: true }]);
    request<{ config: { cameras: Record<string, CameraSettings> } }>('config-get').then(({ config }) => {
      const settings = config.cameras[camera]!;
      saved.value = tried.value = {
        minScore: settings.minScore,
        confirmHits: settings.tracking.confirmHits ?? 2,
        minArea: 0,
        maxArea: 1,
        masks: settings.masks,
      };
    }, tell);
    request<{ fromMs?: number; tracks: readonly PastTrack[] }>('looks', { camera }).then((found) => {
      past.value = found;
    }, tell);
    return () => showLive([]);
  }, [camera, isConnected.value]);
  const now = tried.value;
  const before = saved.value;
  const frame = frames.value.get(camera);
  if (now === undefined || before === undefined) return <p role="status">{outcome.value}</p>;
  const set = (change: Partial<Thresholds>): void => {
    tried.value = { ...now, ...change };
  };
  const save = (): void => {
    request('config-set', { key: `cameras.${camera}.minScore`, value: now.minScore }).then(() => {
      saved.value = now;
      outcome.value = text('settings.saved');
    }, tell);
  };
  return (
    <div class="tune">
      <section class="camera">
        {frame === undefined ? (
          <p class="waiting">{text('live.waiting', { camera })}</p>
        ) : (
          <LivePicture frame={withoutWeak(frame, now.minScore)} layers={new Set(['boxes', 'motion', 'regions'])} />
        )}
      </section>
      <section>
        <Slider
          name={text('tune.minScore')}
          value={now.minScore}
          low={0.05}
          high={0.95}
          step={0.01}
          unit="%"
          onChange={(minScore) => set({ minScore })}
        />
        <Slider
          name={text('tune.confirmHits')}
          value={now.confirmHits}
          low={1}
          high={10}
          step={1}
          unit=""
          onChange={(confirmHits) => set({ confirmHits })}
        />
        <Slider
          name={text('tune.minArea')}
          value={now.minArea}
          low={0}
          high={0.2}
          step={0.001}
          unit="%"
          onChange={(minArea) => set({ minArea })}
        />
        <div class="buttons">
          <button
            type="button"
            onClick={save}
            disabled={role.value !== 'administrator' || now.minScore === before.minScore}
          >
            {text('tune.save')}
          </button>
        </div>
        <p role="status">{outcome.value}</p>
        <Outcome past={past.value} before={before} now={now} />
      </section>
    </div>
  );
}

interface SliderProps {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  /** `%` shows a fraction as per cent. */
  readonly unit: '%' | '';
  onChange(value: number): void;
}

function Slider({ name, value, low, high, step, unit, onChange }: SliderProps): JSX.Element {
  const words = unit === '%' ? `${Number((100 * value).toFixed(1))} %` : String(value);
  return (
    <label class="slider">
      <span>{`${name}: ${words}`}</span>
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={value}
        aria-valuetext={words}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </label>
  );
}

interface OutcomeProps {
  readonly past: { readonly fromMs?: number; readonly tracks: readonly PastTrack[] };
  readonly before: Thresholds;
  readonly now: Thresholds;
}

/** What would have become of the last day. */
function Outcome({ past: { fromMs, tracks }, before, now }: OutcomeProps): JSX.Element {
  if (fromMs === undefined) return <p>{text('tune.nothing')}</p>;
  const were = tracks.filter((track) => wouldBeEvent(track, before));
  const would = tracks.filter((track) => wouldBeEvent(track, now));
  const gained = would.filter((track) => !were.includes(track));
  const lost = were.filter((track) => !would.includes(track));
  return (
    <div aria-live="polite">
      <p>{text('tune.since', { time: `${dayOf(fromMs)}, ${timeOf(fromMs)}`, count: tracks.length })}</p>
      <p>
        <strong>{text('tune.outcome', { before: were.length, now: would.length })}</strong>
      </p>
      <Tracks title={text('tune.gained', { count: gained.length })} tracks={gained} />
      <Tracks title={text('tune.lost', { count: lost.length })} tracks={lost} />
    </div>
  );
}

function Tracks({
  title,
  tracks,
}: {
  readonly title: string;
  readonly tracks: readonly PastTrack[];
}): JSX.Element | null {
  if (tracks.length === 0) return null;
  return (
    <details>
      <summary>{title}</summary>
      <ul class="preview">
        {tracks.slice(-50).map(({ track, label, startMs, scores }) => (
          <li key={`${track}-${startMs}`}>{`${timeOf(startMs)} ${label} ${Math.round(100 * scores[0]!)} %`}</li>
        ))}
      </ul>
    </details>
  );
}

/** The live picture as it would be with this threshold. */
function withoutWeak(frame: NonNullable<ReturnType<typeof frames.value.get>>, minScore: number): typeof frame {
  const detections = frame.seen.detections.filter(({ score }) => score >= minScore);
  return { ...frame, seen: { ...frame.seen, detections } };
}

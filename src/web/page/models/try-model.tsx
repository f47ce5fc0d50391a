/** A trained model on pictures of now, one after the other, before a camera uses it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { request } from '../connection.ts';
import { timeOf } from '../events/times.ts';
import { text } from '../texts/text.ts';
import type { Trial } from './training-types.ts';

interface Props {
  readonly set: string;
  readonly cameras: readonly string[];
}

/** Between an answer and the next picture. */
const pauseMs = 1200;

export function TryModel({ set, cameras }: Props): JSX.Element | null {
  const isTrying = useSignal(false);
  const chosen = useSignal<string | undefined>(undefined);
  const trial = useSignal<(Trial & { readonly time: string }) | undefined>(undefined);
  const trouble = useSignal('');
  const camera = chosen.value ?? cameras[0];
  useEffect(() => {
    if (!isTrying.value || camera === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const next = async (): Promise<void> => {
      try {
        const found = await request<Trial>('training-try', { set, camera }, 90_000);
        if (isOver) return;
        trial.value = { ...found, time: timeOf(Date.now()) };
        trouble.value = '';
      } catch (error) {
        if (isOver) return;
        trouble.value = (error as Error).message;
      }
      timer = setTimeout(() => void next(), pauseMs);
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isTrying.value, camera, set]);
  if (camera === undefined) return null;
  return (
    <section class="try-model" aria-label={text('training.try')}>
      <div class="buttons">
        {cameras.length > 1 && (
          <select
            aria-label={text('training.tryCamera')}
            value={camera}
            onChange={({ currentTarget }) => {
              chosen.value = currentTarget.value;
            }}
          >
            {cameras.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          class="plain"
          onClick={() => {
            isTrying.value = !isTrying.value;
          }}
        >
          {text(isTrying.value ? 'training.tryStop' : 'training.try')}
        </button>
      </div>
      <p class="hint">{text('training.tryHint')}</p>
      <p role="alert">{trouble.value}</p>
      {trial.value !== undefined && <Answer set={set} trial={trial.value} />}
    </section>
  );
}

function Answer({
  set,
  trial,
}: {
  readonly set: string;
  readonly trial: Trial & { readonly time: string };
}): JSX.Element {
  return (
    <div class="trial">
      <img src={`./training/${set}/.trial/${trial.picture}`} alt={text('training.tryPicture')} width="320" />
      <dl>
        {trial.scores.map(({ label, score }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <meter min={0} max={1} value={score} aria-label={label} /> {`${Math.round(100 * score)} %`}
            </dd>
          </div>
        ))}
      </dl>
      <p class="hint">{text('training.tryTook', { time: trial.time, ms: Math.round(trial.invokeMs) })}</p>
    </div>
  );
}

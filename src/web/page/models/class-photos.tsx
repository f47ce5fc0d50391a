/** The photos of one class, the newest first, each with a button that removes it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, request } from '../connection.ts';
import { text } from '../texts/text.ts';

interface Props {
  readonly set: string;
  readonly name: string;
  readonly count: number;
  ask(what: string, payload: object): Promise<void>;
}

const fewShown = 24;

export function ClassPhotos({ set, name, count, ask }: Props): JSX.Element {
  const photos = useSignal<readonly string[]>([]);
  const isWhole = useSignal(false);
  const isSure = useSignal(false);
  useEffect(() => {
    if (!isConnected.value) return;
    request<{ photos: string[] }>('training-photos', { set, class: name }).then(
      (found) => {
        photos.value = found.photos;
      },
      () => undefined,
    );
  }, [set, name, count, isConnected.value]);
  const shown = isWhole.value ? photos.value : photos.value.slice(0, fewShown);
  return (
    <section aria-label={name}>
      <h2>{text('training.class', { name, count })}</h2>
      <ul class="photos">
        {shown.map((photo, at) => (
          <li key={photo}>
            <img
              src={`./training/${set}/${name}/${photo}`}
              alt={text('training.photo', { number: photos.value.length - at, name })}
              loading="lazy"
              width="120"
              height="90"
            />
            <button
              type="button"
              class="plain"
              aria-label={text('training.removePhoto', { name })}
              onClick={() => void ask('training-remove', { set, class: name, photo })}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <div class="buttons">
        {shown.length < photos.value.length && (
          <button
            type="button"
            class="plain"
            onClick={() => {
              isWhole.value = true;
            }}
          >
            {text('training.showMore', { count: photos.value.length })}
          </button>
        )}
        <button
          type="button"
          class="plain"
          onClick={() => {
            if (!isSure.value) isSure.value = true;
            else void ask('training-remove', { set, class: name });
          }}
        >
          {isSure.value ? text('training.sure') : text('training.removeClass', { name })}
        </button>
      </div>
    </section>
  );
}

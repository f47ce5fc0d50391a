/** The live picture, and a button for each class that takes what it shows now as a photo. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { cameras, frames, isConnected, showLive } from '../connection.ts';
import { LivePicture } from '../live/live-picture.tsx';
import { CameraChoice } from '../shell/camera-choice.tsx';
import { text } from '../texts/text.ts';

interface Props {
  readonly set: string;
  readonly classes: readonly string[];
  ask(what: string, payload: object): Promise<void>;
}

const nothingDrawn = new Set<never>();

export function TakePhotos({ set, classes, ask }: Props): JSX.Element {
  const chosen = useSignal<string | undefined>(undefined);
  const camera = chosen.value ?? cameras.value[0];
  useEffect(() => {
    if (!isConnected.value || camera === undefined) return;
    showLive([{ camera, perSecond: 3, always: true }]);
    return () => showLive([]);
  }, [camera, isConnected.value]);
  const take = async (name: string): Promise<void> => {
    if (camera !== undefined) await ask('training-photo', { set, class: name, camera });
  };
  const frame = camera === undefined ? undefined : frames.value.get(camera);
  return (
    <section
      class="take-photos"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the number keys work while it has the focus.
      tabIndex={0}
      aria-label={text('training.keys')}
      onKeyDown={(event) => {
        const name = classes[Number(event.key) - 1];
        if (name !== undefined && !event.repeat && !(event.target instanceof HTMLSelectElement)) void take(name);
      }}
    >
      <CameraChoice
        chosen={camera}
        onChoose={(name) => {
          chosen.value = name;
        }}
      />
      <div class="camera">
        {frame === undefined ? (
          <p class="waiting">{text('live.waiting', { camera: camera ?? '' })}</p>
        ) : (
          <LivePicture frame={frame} layers={nothingDrawn} />
        )}
      </div>
      <div class="buttons">
        {classes.map((name, at) => (
          <button key={name} type="button" onClick={() => void take(name)}>
            {text('training.take', { name, key: at + 1 })}
          </button>
        ))}
      </div>
      <p class="hint">{text('training.keys')}</p>
    </section>
  );
}

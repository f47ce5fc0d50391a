/** Zones, lines and masks, drawn on the picture and kept as settings. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { cameras, frames, isConnected, request, role, showLive } from '../connection.ts';
import type { EventSummary } from '../events/event-types.ts';
import { timeOf } from '../events/times.ts';
import { CameraChoice } from '../shell/camera-choice.tsx';
import { text } from '../texts/text.ts';
import { AreaEditor } from './area-editor.tsx';
import { type Area, areasOf, changesOf, entered, freeName, type Kind, troubleOf, yamlOf } from './areas.ts';
import { stillOf } from './still.ts';

type PastEvent = EventSummary & { readonly path: readonly (readonly [number, number, number])[] };

export function ZonesPart(): JSX.Element {
  const chosenCamera = useSignal<string | undefined>(undefined);
  const camera = chosenCamera.value ?? cameras.value[0];
  return (
    <>
      <h1>{text('nav.zones')}</h1>
      <CameraChoice
        chosen={camera}
        onChoose={(name) => {
          chosenCamera.value = name;
        }}
      />
      {camera !== undefined && <CameraZones key={camera} camera={camera} />}
    </>
  );
}

function CameraZones({ camera }: { readonly camera: string }): JSX.Element {
  const saved = useSignal<readonly Area[]>([]);
  const areas = useSignal<readonly Area[]>([]);
  const chosen = useSignal(0);
  const outcome = useSignal('');
  const past = useSignal<readonly PastEvent[]>([]);
  const picture = useSignal<{ address: string; ratio: number } | undefined>(undefined);

  useEffect(() => {
    if (!isConnected.value) return;
    showLive([{ camera, perSecond: 1, always: true }]);
    request<{ config: { cameras: Record<string, object> } }>('config-get').then(({ config }) => {
      saved.value = areas.value = areasOf(config.cameras[camera] ?? {});
    }, tell);
    request<{ events: PastEvent[] }>('events', { camera, most: 100, paths: true }).then(({ events }) => {
      past.value = events;
    }, tell);
    return () => showLive([]);
  }, [camera, isConnected.value]);
  const frame = frames.value.get(camera);
  useEffect(() => {
    // One picture is enough to draw on, and a new one under the hand would be in the way.
    if (frame !== undefined && frame.bitmap.width > 0 && picture.value === undefined)
      picture.value = stillOf(frame.bitmap);
  }, [frame]);

  const tell = (error: Error): void => {
    outcome.value = error.message;
  };
  const add = (kind: Kind): void => {
    const points =
      kind === 'line'
        ? ([
            [0.3, 0.5],
            [0.7, 0.5],
          ] as const)
        : ([
            [0.3, 0.4],
            [0.7, 0.4],
            [0.7, 0.8],
            [0.3, 0.8],
          ] as const);
    areas.value = [...areas.value, { kind, name: freeName(kind, areas.value), points }];
    chosen.value = areas.value.length - 1;
  };
  const change = (at: number, next: Partial<Area>): void => {
    areas.value = areas.value.map((area, one) => (one === at ? { ...area, ...next } : area));
  };
  const save = (): void => {
    const changes = changesOf(saved.value, areas.value);
    if (changes === undefined) return;
    request('config-set', { config: { cameras: { [camera]: changes } } }).then(() => {
      saved.value = areas.value;
      outcome.value = text('zones.saved');
    }, tell);
  };
  const area = areas.value[chosen.value];
  const isWrong = areas.value.some((one) => troubleOf(one) !== undefined);
  const mayChange = role.value === 'administrator';
  return (
    <>
      <AreaEditor
        picture={picture.value?.address}
        ratio={picture.value?.ratio ?? 16 / 9}
        areas={areas.value}
        chosen={chosen.value}
        onChoose={(at) => {
          chosen.value = at;
        }}
        onChange={(at, points) => change(at, { points })}
      />
      <p class="hint">{text('zones.hint')}</p>
      <div class="buttons">
        {(['zone', 'line', 'mask'] as const).map((kind) => (
          <button key={kind} type="button" class="plain" onClick={() => add(kind)}>
            {text(`zones.add.${kind}`)}
          </button>
        ))}
        <button
          type="button"
          onClick={save}
          disabled={!mayChange || isWrong || changesOf(saved.value, areas.value) === undefined}
        >
          {text('zones.save')}
        </button>
      </div>
      <p role="status">{outcome.value}</p>
      <ul class="area-list">
        {areas.value.map((one, at) => (
          <li key={`${one.kind}-${at}`} class={at === chosen.value ? 'is-chosen' : ''}>
            <button
              type="button"
              class="plain"
              aria-pressed={at === chosen.value}
              onClick={() => {
                chosen.value = at;
              }}
            >
              {text(`zones.kind.${one.kind}`)}
            </button>
            {one.kind !== 'mask' && (
              <input
                type="text"
                aria-label={text('zones.name')}
                value={one.name}
                pattern="[a-z0-9_\-]+"
                maxLength={64}
                onInput={({ currentTarget: { value } }) => change(at, { name: value })}
              />
            )}
            {troubleOf(one) !== undefined && <span class="warning">{text(`zones.wrong.${troubleOf(one)!}`)}</span>}
            <button
              type="button"
              class="plain"
              onClick={() => {
                areas.value = areas.value.filter((_, other) => other !== at);
              }}
            >
              {text('zones.remove')}
            </button>
          </li>
        ))}
      </ul>
      {area !== undefined && area.kind !== 'line' && <Preview area={area} past={past.value} />}
      <details>
        <summary>{text('zones.yaml')}</summary>
        <textarea readOnly rows={8} aria-label={text('zones.yaml')} value={yamlOf(camera, areas.value)} />
      </details>
    </>
  );
}

/** Which of the kept events would have been in the area. */
function Preview({ area, past }: { readonly area: Area; readonly past: readonly PastEvent[] }): JSX.Element {
  const inside = past.filter(({ path }) => entered(area, path));
  return (
    <section aria-live="polite">
      <h2>{text('zones.preview', { name: area.name, count: inside.length, all: past.length })}</h2>
      <ul class="preview">
        {inside.slice(0, 12).map(({ id, label, startMs }) => (
          <li key={id}>
            <a href={`#/events/${id}`}>{`${label}, ${timeOf(startMs)}`}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

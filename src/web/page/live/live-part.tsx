/** Live: every camera's picture with what was seen in it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { cameras, frames, isConnected, type LiveFrame, request, retained, showLive, telemetry } from '../connection.ts';
import { text } from '../texts/text.ts';
import { type Area, areasOf } from '../zones/areas.ts';
import { allLayers, type Layer, LivePicture } from './live-picture.tsx';

const perSecond = 5;

export function LivePart(): JSX.Element {
  const always = useSignal(false);
  const layers = useSignal<ReadonlySet<Layer>>(new Set(['boxes', 'trails', 'zones']));
  const areas = useSignal<ReadonlyMap<string, readonly Area[]>>(new Map());
  useEffect(() => {
    if (!isConnected.value) return;
    request<{ config: { cameras: Record<string, object> } }>('config-get').then(
      ({ config }) => {
        areas.value = new Map(Object.entries(config.cameras).map(([camera, found]) => [camera, areasOf(found)]));
      },
      // The picture is worth more than its zones.
      () => undefined,
    );
  }, [isConnected.value]);
  useEffect(() => {
    const show = (): void => {
      const isSeen = document.visibilityState === 'visible';
      showLive(isSeen ? cameras.value.map((camera) => ({ camera, perSecond, always: always.value })) : []);
    };
    show();
    document.addEventListener('visibilitychange', show);
    return () => {
      document.removeEventListener('visibilitychange', show);
      showLive([]);
    };
  }, [cameras.value, always.value]);
  return (
    <>
      <h1 class="hidden">{text('live.title')}</h1>
      <fieldset class="layers">
        <legend>{text('live.show')}</legend>
        {allLayers.map((layer) => (
          <label key={layer}>
            <input
              type="checkbox"
              checked={layers.value.has(layer)}
              onChange={(event) => {
                const next = new Set(layers.value);
                if (event.currentTarget.checked) next.add(layer);
                else next.delete(layer);
                layers.value = next;
              }}
            />
            {text(`live.show.${layer}`)}
          </label>
        ))}
        <label>
          <input
            type="checkbox"
            checked={always.value}
            onChange={(event) => {
              always.value = event.currentTarget.checked;
            }}
          />
          {text('live.always')}
        </label>
      </fieldset>
      <div class="cameras">
        {cameras.value.map((camera) => (
          <Camera
            key={camera}
            camera={camera}
            frame={frames.value.get(camera)}
            layers={layers.value}
            areas={areas.value.get(camera)}
          />
        ))}
      </div>
    </>
  );
}

interface CameraProps {
  readonly camera: string;
  readonly frame: LiveFrame | undefined;
  readonly layers: ReadonlySet<Layer>;
  readonly areas: readonly Area[] | undefined;
}

function Camera({ camera, frame, layers, areas }: CameraProps): JSX.Element {
  const health = retained.value.get('health') as
    | Readonly<Record<string, { state: string; detail?: string }>>
    | undefined;
  const { state, detail } = health?.[`camera/${camera}`] ?? {};
  return (
    <section class="camera" aria-label={camera}>
      {frame === undefined ? (
        <p class="waiting">{text('live.waiting', { camera })}</p>
      ) : (
        <LivePicture frame={frame} layers={layers} {...(areas === undefined ? {} : { areas })} />
      )}
      <footer>
        <strong>{camera}</strong>
        {state !== undefined && state !== 'streaming' && <span class="warning">{`${state} ${detail ?? ''}`}</span>}
        {frame !== undefined && <Facts frame={frame} />}
      </footer>
    </section>
  );
}

function Facts({ frame: { camera, seen } }: { readonly frame: LiveFrame }): JSX.Element {
  const stages = Object.entries(seen.latencyMs ?? {}).filter(([stage]) => stage !== 'invoke');
  const { cameras: measured, cpuTemperatureC: temperature } = telemetry.value;
  const rate = measured?.[camera]?.framesPerSecond;
  return (
    <>
      <time dateTime={seen.time}>{new Date(seen.time).toLocaleTimeString()}</time>
      {seen.still === true && <span>{text('live.still')}</span>}
      {seen.backend !== undefined && <span>{seen.backend}</span>}
      {stages.map(([stage, ms]) => (
        <span key={stage}>{`${stage} ${ms.toFixed(1)} ms`}</span>
      ))}
      {rate !== undefined && <span>{text('live.rate', { rate: Number(rate.toFixed(1)) })}</span>}
      {temperature !== undefined && <span>{`${temperature.toFixed(0)} °C`}</span>}
      {seen.model !== undefined && <span>{seen.model}</span>}
    </>
  );
}

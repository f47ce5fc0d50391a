/** Tune: scores, sizes, motion and regions against the live picture, and against what really happened on the last day. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { cameras, frames, isConnected, type LiveFrame, request, role, showLive } from '../connection.ts';
import { type Layer, LivePicture } from '../live/live-picture.tsx';
import { CameraChoice } from '../shell/camera-choice.tsx';
import { text } from '../texts/text.ts';
import { Controls } from './controls.tsx';
import { Outcome, type PastLooks } from './outcome.tsx';
import { type Changes, changesOf, passes, type Tuning, undoOf } from './tuning.ts';

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

/** What `config-get` answers, as far as it is read here. */
interface Settings {
  readonly config: { readonly cameras: Readonly<Record<string, Tuning>> };
  readonly overrides: { readonly cameras?: Readonly<Record<string, object>> };
}

const layers: ReadonlySet<Layer> = new Set<Layer>(['boxes', 'motion', 'regions']);

function CameraTuning({ camera }: { readonly camera: string }): JSX.Element {
  const saved = useSignal<Tuning | undefined>(undefined);
  const overridden = useSignal<object | undefined>(undefined);
  const tried = useSignal<Tuning | undefined>(undefined);
  /** What takes back what was saved here last. */
  const undo = useSignal<Changes | undefined>(undefined);
  const past = useSignal<PastLooks>({ tracks: [] });
  const outcome = useSignal('');
  const tell = (error: Error): void => {
    outcome.value = error.message;
  };
  const read = async (): Promise<void> => {
    const { config, overrides } = await request<Settings>('config-get');
    saved.value = tried.value = config.cameras[camera]!;
    overridden.value = overrides.cameras?.[camera];
  };
  useEffect(() => {
    if (!isConnected.value) return;
    showLive([{ camera, perSecond: 5, always: true }]);
    read().catch(tell);
    request<PastLooks>('looks', { camera }).then((found) => {
      past.value = found;
    }, tell);
    return () => showLive([]);
  }, [camera, isConnected.value]);
  const now = tried.value;
  const before = saved.value;
  const frame = frames.value.get(camera);
  if (now === undefined || before === undefined) return <p role="status">{outcome.value}</p>;
  const changes = changesOf(before, now);
  const set = async (what: Changes, said: string): Promise<void> => {
    await request('config-set', { config: { cameras: { [camera]: what } } });
    await read();
    outcome.value = said;
  };
  const save = (what: Changes): void => {
    const back = undoOf(what, overridden.value);
    set(what, text('tune.saved')).then(() => {
      undo.value = back;
    }, tell);
  };
  const takeBack = (what: Changes): void => {
    set(what, text('tune.undone')).then(() => {
      undo.value = undefined;
    }, tell);
  };
  const mayChange = role.value === 'administrator';
  const labels = new Set([
    ...past.value.tracks.map(({ label }) => label),
    ...(frame?.seen.detections.map(({ label }) => label) ?? []),
    ...Object.keys(now.filters),
  ]);
  return (
    <div class="tune">
      <section class="camera" aria-label={camera}>
        {frame === undefined ? (
          <p class="waiting">{text('live.waiting', { camera })}</p>
        ) : (
          <LivePicture frame={asTried(frame, now)} layers={layers} />
        )}
      </section>
      <section aria-label={text('nav.tune')}>
        <Controls
          tuning={now}
          labels={[...labels].sort()}
          onChange={(next) => {
            tried.value = { ...now, ...next };
          }}
        />
        <div class="buttons">
          <button
            type="button"
            onClick={() => changes !== undefined && save(changes)}
            disabled={!mayChange || changes === undefined}
          >
            {text('tune.save')}
          </button>
          <button
            type="button"
            class="plain"
            onClick={() => {
              tried.value = before;
            }}
            disabled={changes === undefined}
          >
            {text('tune.reset')}
          </button>
          <button
            type="button"
            class="plain"
            onClick={() => undo.value !== undefined && takeBack(undo.value)}
            disabled={!mayChange || undo.value === undefined}
          >
            {text('tune.undo')}
          </button>
        </div>
        <p role="status">{outcome.value}</p>
        <Outcome past={past.value} before={before} now={now} />
      </section>
    </div>
  );
}

/** The live picture as it would be with these scores and sizes, with what is too weak today. */
function asTried(frame: LiveFrame, tuning: Tuning): LiveFrame {
  const { detections, weak = [] } = frame.seen;
  return {
    ...frame,
    seen: { ...frame.seen, detections: [...detections, ...weak].filter((one) => passes(one, tuning)) },
  };
}

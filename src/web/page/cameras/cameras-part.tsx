/** Cameras: what is found on this machine and on the network, or a pasted address; a picture of it, and keeping it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { needsPassword, request, role, cameras as running } from '../connection.ts';
import { text } from '../texts/text.ts';
import { type Found, findCameras, keepCamera, tryCamera, type Wish } from './ask.ts';

export function CamerasPart(): JSX.Element {
  const list = useSignal<readonly Found[] | undefined>(undefined);
  const configured = useSignal<readonly string[]>([]);
  const chosen = useSignal<string | undefined>(undefined);
  const address = useSignal('');
  const user = useSignal('');
  const password = useSignal('');
  const administrator = useSignal('');
  const name = useSignal('');
  const picture = useSignal<ImageBitmap | undefined>(undefined);
  const isBusy = useSignal(false);
  const outcome = useSignal('');
  const isKept = useSignal(false);

  const wish = (): Wish =>
    chosen.value === undefined
      ? {
          address: address.value,
          ...(user.value === '' ? {} : { user: user.value }),
          ...(password.value === '' ? {} : { password: password.value }),
        }
      : { found: chosen.value };
  const during = (work: Promise<void>): void => {
    isBusy.value = true;
    outcome.value = text('cameras.working');
    work
      .catch((error: Error) => {
        outcome.value = error.message;
      })
      .finally(() => {
        isBusy.value = false;
      });
  };
  const find = (): void =>
    during(
      findCameras().then((found) => {
        list.value = found.cameras;
        configured.value = found.configured;
        outcome.value = text('cameras.found', { count: found.cameras.length });
      }),
    );
  const show = (): void => {
    picture.value = undefined;
    during(
      tryCamera(wish(), administrator.value).then((bitmap) => {
        picture.value = bitmap;
        outcome.value = text('cameras.works');
        if (name.value === '') name.value = freeName([...running.value, ...configured.value]);
      }),
    );
  };
  const keep = (): void =>
    during(
      keepCamera(name.value, wish(), administrator.value).then(() => {
        // It is never shown again, and needed no more.
        password.value = '';
        isKept.value = true;
        outcome.value = text('cameras.kept', { name: name.value });
      }),
    );
  if (role.value !== 'administrator') return <p>{text('cameras.administrator')}</p>;
  return (
    <>
      <h1>{text('nav.cameras')}</h1>
      <p>{text('cameras.running', { names: running.value.join(', ') || '–' })}</p>
      <div class="buttons">
        <button type="button" onClick={find} disabled={isBusy.value}>
          {text('cameras.find')}
        </button>
      </div>
      <form
        class="camera-form"
        onSubmit={(event) => {
          event.preventDefault();
          show();
        }}
      >
        <fieldset>
          <legend>{text('cameras.which')}</legend>
          {(list.value ?? []).map((one, at) => (
            <FoundCamera
              key={one.id ?? `${one.name} ${at}`}
              found={one}
              isChosen={one.id !== undefined && one.id === chosen.value}
              onChoose={() => {
                chosen.value = one.id;
                if (one.id === undefined && one.host !== undefined) address.value = `rtsp://${one.host}:554/`;
              }}
            />
          ))}
          <label class="choice">
            <input
              type="radio"
              name="camera"
              checked={chosen.value === undefined}
              onChange={() => {
                chosen.value = undefined;
              }}
            />
            {text('cameras.address')}
          </label>
        </fieldset>
        {chosen.value === undefined && (
          <>
            <Field name={text('cameras.stream')} value={address} hint="rtsp://192.168.1.20:554/stream1" isNeeded />
            <Field name={text('cameras.user')} value={user} />
            <Field name={text('cameras.password')} value={password} isSecret />
          </>
        )}
        {needsPassword.value && <Field name={text('cameras.yourPassword')} value={administrator} isSecret isNeeded />}
        <button type="submit" disabled={isBusy.value}>
          {text('cameras.try')}
        </button>
      </form>
      <p role="status">{outcome.value}</p>
      {picture.value !== undefined && (
        <>
          <Still bitmap={picture.value} />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              keep();
            }}
          >
            <Field name={text('cameras.name')} value={name} pattern="[a-z0-9][a-z0-9_\-]*" isNeeded />
            <button type="submit" disabled={isBusy.value || isKept.value}>
              {text('cameras.keep')}
            </button>
          </form>
        </>
      )}
      {isKept.value && (
        <button
          type="button"
          onClick={() =>
            request('restart').catch((error: Error) => {
              outcome.value = error.message;
            })
          }
        >
          {text('settings.restart')}
        </button>
      )}
    </>
  );
}

function FoundCamera({
  found: { id, kind, name, host, trouble },
  isChosen,
  onChoose,
}: {
  readonly found: Found;
  readonly isChosen: boolean;
  onChoose(): void;
}): JSX.Element {
  const words = [text(`cameras.kind.${kind}`), name, host ?? '', trouble ?? '']
    .filter((part) => part !== '')
    .join(' · ');
  if (id === undefined && host === undefined) return <p class="hint">{words}</p>;
  return (
    <label class="choice">
      <input type="radio" name="camera" checked={isChosen} onChange={onChoose} />
      {id === undefined ? `${words}: ${text('cameras.pasteFor')}` : words}
    </label>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: { value: string };
  readonly hint?: string;
  readonly pattern?: string;
  readonly isSecret?: true;
  readonly isNeeded?: true;
}

function Field({ name, value, hint, pattern, isSecret, isNeeded }: FieldProps): JSX.Element {
  const id = useId();
  const shared = {
    id,
    autocomplete: 'off',
    spellcheck: false,
    value: value.value,
    placeholder: hint,
    pattern,
    required: isNeeded === true,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
      value.value = currentTarget.value;
    },
  };
  return (
    <label for={id}>
      {name}
      {isSecret ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
    </label>
  );
}

function Still({ bitmap }: { readonly bitmap: ImageBitmap }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext('2d')?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return (
    <canvas ref={canvas} width={bitmap.width} height={bitmap.height} role="img" aria-label={text('cameras.picture')} />
  );
}

function freeName(taken: readonly string[]): string {
  for (let number = taken.length + 1; ; number++) {
    if (!taken.includes(`camera-${number}`)) return `camera-${number}`;
  }
}

/** Settings: a form made from goby's own schema. What is saved is checked, kept, and undone when it does harm. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, request, role } from '../connection.ts';
import { text } from '../texts/text.ts';
import { Sessions } from './sessions.tsx';
import { type Field, SettingInput } from './setting-input.tsx';

export function SettingsPart(): JSX.Element {
  const fields = useSignal<readonly Field[]>([]);
  const changes = useSignal<ReadonlyMap<string, unknown>>(new Map());
  const wanted = useSignal('');
  const outcome = useSignal('');
  const tell = (error: Error): void => {
    outcome.value = error.message;
  };
  const tellText = (words: string): void => {
    outcome.value = words;
  };
  const load = (): void => {
    request<{ fields: readonly Field[]; restart_required: boolean }>('config-fields').then(
      ({ fields: found, restart_required }) => {
        fields.value = found;
        if (restart_required) outcome.value = text('settings.restartRequired');
      },
      tell,
    );
  };
  useEffect(() => {
    if (isConnected.value) load();
  }, [isConnected.value]);
  const change = (key: string, value: unknown): void => {
    changes.value = new Map(changes.value).set(key, value);
  };
  const save = (next: ReadonlyMap<string, unknown>): void => {
    request<{ changed: string[]; restart_required: boolean }>('config-set', { config: treeOf(next) }).then(
      ({ restart_required }) => {
        changes.value = new Map();
        outcome.value = text(restart_required ? 'settings.savedRestart' : 'settings.saved');
        load();
      },
      tell,
    );
  };
  const shown = fields.value.filter(({ key }) => key.toLowerCase().includes(wanted.value.toLowerCase()));
  const sections = [...new Set(shown.map(({ key }) => sectionOf(key)))];
  return (
    <>
      <h1>{text('nav.settings')}</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save(changes.value);
        }}
      >
        <div class="settings-bar">
          <label>
            {text('settings.find')}
            <input
              type="search"
              value={wanted.value}
              onInput={({ currentTarget: { value } }) => {
                wanted.value = value;
              }}
            />
          </label>
          <button type="submit" disabled={changes.value.size === 0 || role.value !== 'administrator'}>
            {text('settings.save', { count: changes.value.size })}
          </button>
          <button
            type="button"
            class="plain"
            onClick={() => request('restart').catch(tell)}
            disabled={role.value !== 'administrator'}
          >
            {text('settings.restart')}
          </button>
        </div>
        <p role="status">{outcome.value}</p>
        {sections.map((section) => (
          <details key={section} open={wanted.value !== '' || section.startsWith('cameras')}>
            <summary>{section}</summary>
            {section === 'notify' && (
              <NotifyTests names={namesIn(shown)} isAllowed={role.value === 'administrator'} onOutcome={tellText} />
            )}
            {shown
              .filter(({ key }) => sectionOf(key) === section)
              .map((field) => (
                <SettingInput
                  key={field.key}
                  field={field}
                  changed={changes.value.get(field.key)}
                  onChange={(value) => change(field.key, value)}
                  onUndo={() => save(new Map([[field.key, null]]))}
                />
              ))}
          </details>
        ))}
      </form>
      <Sessions />
    </>
  );
}

interface NotifyTestsProps {
  readonly names: readonly string[];
  readonly isAllowed: boolean;
  onOutcome(words: string): void;
}

/** A button for each recipient of alerts. */
function NotifyTests({ names, isAllowed, onOutcome }: NotifyTestsProps): JSX.Element {
  return (
    <div class="buttons">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="plain"
          disabled={!isAllowed}
          onClick={() => {
            onOutcome(text('settings.notifyTrying', { name }));
            request('notify-test', { to: name }).then(
              () => onOutcome(text('settings.notifySent', { name })),
              (error: Error) => onOutcome(error.message),
            );
          }}
        >
          {text('settings.notifyTest', { name })}
        </button>
      ))}
    </div>
  );
}

/** Recipients of alerts. */
function namesIn(fields: readonly Field[]): string[] {
  const names = fields.filter(({ key }) => key.startsWith('notify.')).map(({ key }) => key.split('.')[1]!);
  return [...new Set(names)];
}

/** `cameras.front`, `mqtt`. */
function sectionOf(key: string): string {
  const [first = '', second = ''] = key.split('.');
  return first === 'cameras' || first === 'outputs' ? `${first}.${second}` : first;
}

function treeOf(changes: ReadonlyMap<string, unknown>): object {
  const tree: Record<string, unknown> = {};
  for (const [key, value] of changes) {
    const path = key.split('.');
    let at = tree;
    for (const part of path.slice(0, -1)) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[path.at(-1)!] = value;
  }
  return tree;
}

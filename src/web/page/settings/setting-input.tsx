/** One setting: its value to change, or to look at where it can't be set from here. */
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import type { SettingField } from '../../../config/setting-field.ts';
import { text } from '../texts/text.ts';

export type Field = SettingField & { readonly settable?: 'live' | 'restart' };

interface Props {
  readonly field: Field;
  /** What was typed and isn't saved; undefined: nothing. */
  readonly changed: unknown;
  onChange(value: unknown): void;
  /** Takes back what was set from here or over MQTT. */
  onUndo(): void;
}

export function SettingInput({ field, changed, onChange, onUndo }: Props): JSX.Element {
  const id = useId();
  const { key, value, from, isOverride, help, settable } = field;
  const short =
    key
      .split('.')
      .slice(key.startsWith('cameras.') || key.startsWith('outputs.') ? 2 : 1)
      .join('.') || key;
  return (
    <div class={`setting${changed === undefined ? '' : ' is-changed'}`}>
      <label for={id}>{short}</label>
      {settable === undefined ? (
        <output id={id}>{wordsOf(value)}</output>
      ) : (
        <Input id={id} field={field} value={changed === undefined ? value : changed} onChange={onChange} />
      )}
      <span class="origin">
        {[
          isOverride ? text('settings.changedHere') : text('settings.from', { from }),
          ...(field.default === undefined ? [] : [text('settings.default', { value: wordsOf(field.default) })]),
          ...(field.minimum === undefined || field.maximum === undefined
            ? []
            : [text('settings.range', { low: field.minimum, high: field.maximum })]),
          ...(settable === 'restart' ? [text('settings.needsRestart')] : []),
          ...(settable === undefined ? [text('settings.fileOnly')] : []),
        ].join(' · ')}
      </span>
      {isOverride && settable !== undefined && (
        <button type="button" class="plain" onClick={onUndo}>
          {text('settings.undo')}
        </button>
      )}
      {help !== undefined && <p class="help">{help}</p>}
    </div>
  );
}

interface InputProps {
  readonly id: string;
  readonly field: Field;
  readonly value: unknown;
  onChange(value: unknown): void;
}

function Input({ id, field: { type, choices, minimum, maximum }, value, onChange }: InputProps): JSX.Element {
  if (choices !== undefined) {
    return (
      <select
        id={id}
        value={String(value)}
        onChange={({ currentTarget }) => onChange(choices.find((one) => String(one) === currentTarget.value))}
      >
        {choices.map((choice) => (
          <option key={String(choice)} value={String(choice)}>
            {String(choice)}
          </option>
        ))}
      </select>
    );
  }
  if (type === 'boolean') {
    return (
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    );
  }
  if (type === 'number' || type === 'integer') {
    return (
      <input
        id={id}
        type="number"
        value={value === undefined ? '' : Number(value)}
        min={minimum}
        max={maximum}
        step={type === 'integer' ? 1 : 'any'}
        onInput={({ currentTarget }) => {
          if (!Number.isNaN(currentTarget.valueAsNumber)) onChange(currentTarget.valueAsNumber);
        }}
      />
    );
  }
  if (type === 'string') {
    return (
      <input
        id={id}
        type="text"
        value={String(value ?? '')}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  }
  return (
    <textarea
      id={id}
      rows={3}
      onInput={({ currentTarget }) => {
        // Half-typed JSON is no change yet.
        try {
          currentTarget.setCustomValidity('');
          onChange(JSON.parse(currentTarget.value));
        } catch {
          currentTarget.setCustomValidity(text('settings.noJson'));
        }
      }}
    >
      {JSON.stringify(value)}
    </textarea>
  );
}

function wordsOf(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A form for a new training set and its first classes. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { request } from '../connection.ts';
import { text } from '../texts/text.ts';

export function NewSet({ onMade }: { onMade(): Promise<void> }): JSX.Element {
  const trouble = useSignal('');
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const classes = String(fields.get('classes'))
      .split(',')
      .map((one) => one.trim());
    try {
      const { set } = await request<{ set: string }>('training-create', {
        set: String(fields.get('set')).trim(),
        classes: classes.filter((one) => one !== ''),
      });
      await onMade();
      location.hash = `#/models/${set}`;
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  return (
    <form class="new-set" onSubmit={(event) => void make(event)}>
      <h3>{text('training.new')}</h3>
      <label>
        {text('training.name')}
        <input type="text" name="set" required maxLength={40} autocomplete="off" />
      </label>
      <label>
        {text('training.classes')}
        <input type="text" name="classes" required maxLength={400} autocomplete="off" aria-describedby="classes-hint" />
      </label>
      <p id="classes-hint" class="hint">
        {text('training.classesHint')}
      </p>
      <button type="submit">{text('training.create')}</button>
      <p role="alert">{trouble.value}</p>
    </form>
  );
}

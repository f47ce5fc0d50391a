/** What an event shows becomes a photo of a training set. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, request, role } from '../connection.ts';
import { text } from '../texts/text.ts';
import type { Training } from './training-types.ts';

/** Which class was chosen last: one adds many events one after the other. */
let lastChosen = '';

export function AddToTraining({ event }: { readonly event: string }): JSX.Element | null {
  const places = useSignal<readonly string[] | undefined>(undefined);
  const chosen = useSignal(lastChosen);
  const outcome = useSignal('');
  const mayTrain = role.value === 'administrator';
  useEffect(() => {
    if (!isConnected.value || !mayTrain) return;
    request<Training>('training').then(
      ({ sets }) => {
        places.value = sets.flatMap(({ name, classes }) => classes.map((one) => `${name} / ${one.name}`));
      },
      () => undefined,
    );
  }, [isConnected.value, mayTrain]);
  if (!mayTrain || places.value === undefined) return null;
  if (places.value.length === 0) return <p class="hint">{text('training.makeFirst')}</p>;
  const place = places.value.includes(chosen.value) ? chosen.value : places.value[0]!;
  const add = async (): Promise<void> => {
    const [set, name] = place.split(' / ');
    try {
      await request('training-photo', { set, class: name, event });
      outcome.value = text('training.added', { name: place });
    } catch (error) {
      outcome.value = (error as Error).message;
    }
  };
  return (
    <form
      class="add-to-training"
      aria-label={text('training.add')}
      onSubmit={(submitted) => {
        submitted.preventDefault();
        void add();
      }}
    >
      <label>
        {text('training.add')}
        <select
          value={place}
          onChange={({ currentTarget: { value } }) => {
            chosen.value = lastChosen = value;
          }}
        >
          {places.value.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <button type="submit">{text('training.addGo')}</button>
      <output>{outcome.value}</output>
    </form>
  );
}

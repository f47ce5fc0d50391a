/** What the timeline shows: one camera, label or zone, and one day. */
import type { JSX } from 'preact';
import type { TextKey } from '../texts/en.ts';
import { text } from '../texts/text.ts';
import type { Names } from './event-types.ts';

export interface Filter {
  readonly camera?: string;
  readonly label?: string;
  readonly zone?: string;
  readonly from?: string;
  readonly to?: string;
}

interface Props {
  readonly names: Names;
  readonly filter: Filter;
  onChange(filter: Filter): void;
}

const choices: readonly {
  readonly key: 'camera' | 'label' | 'zone';
  readonly of: keyof Names;
  readonly title: TextKey;
}[] = [
  { key: 'camera', of: 'cameras', title: 'events.camera' },
  { key: 'label', of: 'labels', title: 'events.label' },
  { key: 'zone', of: 'zones', title: 'events.zone' },
];

export function EventFilters({ names, filter, onChange }: Props): JSX.Element {
  const without = (...keys: (keyof Filter)[]): Filter =>
    Object.fromEntries(Object.entries(filter).filter(([key]) => !keys.includes(key as keyof Filter)));
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {choices.map(({ key, of, title }) => (
        <label key={key}>
          {text(title)}
          <select
            value={filter[key] ?? ''}
            onChange={({ currentTarget: { value } }) =>
              onChange(value === '' ? without(key) : { ...filter, [key]: value })
            }
          >
            <option value="">{text('events.any')}</option>
            {names[of].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label>
        {text('events.day')}
        <input
          type="date"
          onChange={({ currentTarget: { value } }) =>
            onChange(value === '' ? without('from', 'to') : { ...filter, ...dayBounds(value) })
          }
        />
      </label>
    </form>
  );
}

/** Of a day as the browser's clock has it. */
function dayBounds(date: string): { from: string; to: string } {
  const from = new Date(`${date}T00:00:00`);
  const to = new Date(from);
  to.setDate(to.getDate() + 1);
  return { from: from.toISOString(), to: to.toISOString() };
}

/** Which camera: nothing to choose where there is one. */
import type { JSX } from 'preact';
import { cameras } from '../connection.ts';
import { text } from '../texts/text.ts';

interface Props {
  readonly chosen: string | undefined;
  onChoose(camera: string): void;
}

export function CameraChoice({ chosen, onChoose }: Props): JSX.Element | null {
  if (cameras.value.length < 2) return null;
  return (
    <label class="short">
      {text('live.camera')}
      <select value={chosen} onChange={({ currentTarget: { value } }) => onChoose(value)}>
        {cameras.value.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

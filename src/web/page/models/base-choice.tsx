/** Which network a model is trained on, with what that costs. */
import type { JSX } from 'preact';
import { text } from '../texts/text.ts';
import type { Base } from './training-types.ts';

interface Props {
  readonly bases: readonly Base[];
  /** Undefined: the usual one, which is the first. */
  readonly chosen: string | undefined;
  onChoose(name: string): void;
}

export function BaseChoice({ bases, chosen, onChoose }: Props): JSX.Element | null {
  const usual = bases[0];
  if (usual === undefined) return null;
  return (
    <>
      <label class="base-choice">
        <span>{text('training.base')}</span>
        <select value={chosen ?? usual.name} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
          {bases.map((base) => (
            <option key={base.name} value={base.name}>
              {costOf(base, usual)}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">{text('training.baseHint')}</p>
    </>
  );
}

function costOf(base: Base, usual: Base): string {
  const { name, multiplyAdds, imagenetTop1, here } = base;
  return text(base === usual ? 'training.baseUsual' : 'training.baseCost', {
    name,
    times: Number((multiplyAdds / usual.multiplyAdds).toPrecision(2)),
    top1: imagenetTop1,
    here: here ? text('training.baseHere') : text('training.baseFetched'),
  });
}

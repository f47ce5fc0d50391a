/** How far a training is, or what became of it. */
import type { JSX } from 'preact';
import { en, type TextKey } from '../texts/en.ts';
import { text } from '../texts/text.ts';
import type { Job } from './training-types.ts';

export function TrainingProgress({ job: { state, stage, share, error } }: { readonly job: Job }): JSX.Element {
  if (state !== 'running') {
    return <p class={state === 'failed' ? 'warning' : ''}>{text(`training.${state}`, { error: error ?? '' })}</p>;
  }
  if (stage === undefined) return <p>{text('training.begins')}</p>;
  return (
    <>
      <progress aria-label={text('training.progress')} max={1} value={share ?? 0} />
      <p>{text('training.stage', { stage: stageText(stage), percent: Math.round(100 * (share ?? 0)) })}</p>
    </>
  );
}

/** What this page doesn't know is shown in the words of `goby train`. */
function stageText(stage: string): string {
  const key = `training.stage.${stage}`;
  return Object.hasOwn(en, key) ? text(key as TextKey) : stage;
}

/** One training set: photos from the camera by class, the training, its report, and its use. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { request } from '../connection.ts';
import { text } from '../texts/text.ts';
import { BaseChoice } from './base-choice.tsx';
import { ClassPhotos } from './class-photos.tsx';
import { ReportView } from './report-view.tsx';
import { TakePhotos } from './take-photos.tsx';
import { TrainingProgress } from './training-progress.tsx';
import type { Base, CameraModel, Job, TrainingSet } from './training-types.ts';
import { TryModel } from './try-model.tsx';

interface Props {
  readonly set: TrainingSet;
  readonly job: Job | undefined;
  readonly bases: readonly Base[];
  readonly cameras: readonly CameraModel[];
  onChange(): Promise<void>;
}

/** As `goby train` wants it. */
const leastPhotos = 10;

export function SetDetail({ set, job, bases, cameras, onChange }: Props): JSX.Element {
  const { name, classes, report, model } = set;
  const trouble = useSignal('');
  const outcome = useSignal('');
  const isSure = useSignal(false);
  const base = useSignal<string | undefined>(undefined);
  const ask = async (what: string, payload: object, done = ''): Promise<void> => {
    try {
      await request(what, payload, 60_000);
      trouble.value = '';
      outcome.value = done;
    } catch (error) {
      trouble.value = (error as Error).message;
    }
    await onChange();
  };
  const photos = classes.reduce((sum, one) => sum + one.photos, 0);
  const isTrainable = photos >= leastPhotos && classes.length >= 2 && classes.every((one) => one.photos > 0);
  const isRunning = job?.state === 'running';
  return (
    <>
      <p>
        <a href="#/models">{text('training.back')}</a>
      </p>
      <h1>{name}</h1>
      <p class="hint">{text('training.whole')}</p>
      <p role="alert">{trouble.value}</p>
      <TakePhotos set={name} classes={classes.map((one) => one.name)} ask={ask} />
      {classes.map((one) => (
        <ClassPhotos key={one.name} set={name} name={one.name} count={one.photos} ask={ask} />
      ))}
      <AddClass onAdd={(added) => ask('training-create', { set: name, classes: [added] })} />
      <section class="training-run" aria-label={text('training.start')}>
        <BaseChoice
          bases={bases}
          chosen={base.value}
          onChoose={(one) => {
            base.value = one;
          }}
        />
        <div class="buttons">
          <button
            type="button"
            disabled={isRunning || !isTrainable}
            onClick={() =>
              void ask('training-start', { set: name, ...(base.value === undefined ? {} : { base: base.value }) })
            }
          >
            {text('training.start')}
          </button>
          {isRunning && job.set === name && (
            <button type="button" class="plain" onClick={() => void ask('training-cancel', {})}>
              {text('training.cancel')}
            </button>
          )}
        </div>
        {!isTrainable && <p class="hint">{text('training.few')}</p>}
        {isRunning && job.set !== name && <p>{text('training.busy', { set: job.set })}</p>}
        {job?.set === name && <TrainingProgress job={job} />}
      </section>
      {report !== undefined && <ReportView set={name} report={report} />}
      {model !== undefined && <TryModel key={model.sha256} set={name} cameras={cameras.map(({ camera }) => camera)} />}
      {model !== undefined && (
        <div class="buttons">
          {cameras.map(({ camera, sha256, model: used }) =>
            used === model.name && sha256 === model.sha256 ? (
              <p key={camera}>{text('training.uses', { camera })}</p>
            ) : (
              <button
                key={camera}
                type="button"
                onClick={() =>
                  void ask(
                    'models-use',
                    { camera, model: model.name, sha256: model.sha256 },
                    text('training.used', { camera }),
                  )
                }
              >
                {text('training.use', { camera })}
              </button>
            ),
          )}
        </div>
      )}
      <p>
        <output>{outcome.value}</output>
      </p>
      <button
        type="button"
        class="plain"
        onClick={() => {
          if (!isSure.value) isSure.value = true;
          else void ask('training-remove', { set: name });
        }}
      >
        {isSure.value ? text('training.sure') : text('training.removeSet')}
      </button>
    </>
  );
}

function AddClass({ onAdd }: { onAdd(name: string): Promise<void> }): JSX.Element {
  return (
    <form
      class="add-class"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        void onAdd(String(new FormData(form).get('class'))).then(() => form.reset());
      }}
    >
      <label>
        {text('training.className')}
        <input type="text" name="class" required maxLength={40} autocomplete="off" />
      </label>
      <button type="submit" class="plain">
        {text('training.addClass')}
      </button>
    </form>
  );
}

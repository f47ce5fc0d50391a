/** Models: which cameras use which, what is known here, and training sets. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, onMessage, request, role, telemetry } from '../connection.ts';
import { ScrollingTable } from '../shell/scrolling-table.tsx';
import { text } from '../texts/text.ts';
import { CompareModels } from './compare-models.tsx';
import { KnownModels } from './known-models.tsx';
import { NewSet } from './new-set.tsx';
import { SetDetail } from './set-detail.tsx';
import type { Models, Training } from './training-types.ts';

/** How often a running training is asked how far it is. */
const askEveryMs = 1000;

export function ModelsPart({ path }: { readonly path: string }): JSX.Element {
  const models = useSignal<Models>({ models: [], cameras: [] });
  const training = useSignal<Training | undefined>(undefined);
  const trouble = useSignal('');
  const mayTrain = role.value === 'administrator';

  const told = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      trouble.value = '';
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  /** Also with every photo that is taken: the models of the machine, which are asked for less often, stay as they are. */
  const loadTraining = (): Promise<void> =>
    told(async () => {
      if (role.value === 'administrator') training.value = await request<Training>('training');
    });
  const load = async (): Promise<void> => {
    await told(async () => {
      models.value = await request<Models>('models-list');
    });
    if (trouble.value === '') await loadTraining();
  };
  useEffect(() => {
    if (!isConnected.value) return;
    void load();
    // Another model is in use, by whoever asked for it.
    return onMessage((topic) => {
      if (topic === 'info') void load();
    });
  }, [isConnected.value]);
  const isRunning = training.value?.job?.state === 'running';
  useEffect(() => {
    if (!isRunning || !isConnected.value) return;
    const timer = setInterval(() => {
      request<Pick<Training, 'job'>>('training-job').then(
        ({ job }) => {
          if (training.value !== undefined && job !== undefined) training.value = { ...training.value, job };
          // It is over: there may be a new model, and a report.
          if (job?.state !== 'running') void load();
        },
        (error: Error) => {
          trouble.value = error.message;
        },
      );
    }, askEveryMs);
    return () => clearInterval(timer);
  }, [isRunning, isConnected.value]);

  const name = /^\/models\/([a-z0-9_-]+)/.exec(path)?.[1];
  const set = training.value?.sets.find((one) => one.name === name);
  if (set !== undefined) {
    return (
      <SetDetail
        {...{ set, job: training.value?.job, bases: training.value?.bases ?? [], cameras: models.value.cameras }}
        key={set.name}
        onChange={loadTraining}
      />
    );
  }
  return (
    <>
      <h1>{text('nav.models')}</h1>
      <p role="alert">{trouble.value}</p>
      <InUse models={models.value} />
      <h2>{text('training.title')}</h2>
      <p class="hint">{text('training.whole')}</p>
      {!mayTrain && <p>{text('training.administrator')}</p>}
      {training.value !== undefined && <Sets training={training.value} />}
      {mayTrain && <NewSet onMade={loadTraining} />}
      {mayTrain && <CompareModels />}
      <KnownModels models={models.value.models} cameras={models.value.cameras} mayUse={mayTrain} />
    </>
  );
}

function InUse({ models: { cameras } }: { readonly models: Models }): JSX.Element {
  const measured = telemetry.value.cameras;
  return (
    <>
      <h2>{text('models.inUse')}</h2>
      <ScrollingTable
        label={text('models.inUse')}
        headings={[
          text('models.camera'),
          text('models.model'),
          text('models.backend'),
          text('models.latency'),
          text('models.file'),
        ]}
      >
        {cameras.map(({ camera, model, backend, sha256 }) => (
          <tr key={camera}>
            <th scope="row">{camera}</th>
            <td>{model}</td>
            <td>{backend}</td>
            <td>{latencyText(measured?.[camera]?.latency?.['infer']?.p50Ms)}</td>
            <td>
              <code>{sha256.slice(0, 12)}</code>
            </td>
          </tr>
        ))}
      </ScrollingTable>
    </>
  );
}

const latencyText = (ms: number | undefined): string => (ms === undefined ? '' : `${ms.toFixed(1)} ms`);

function Sets({ training: { sets, job } }: { readonly training: Training }): JSX.Element {
  if (sets.length === 0) return <p>{text('training.none')}</p>;
  return (
    <ul class="sets">
      {sets.map(({ name, classes }) => (
        <li key={name}>
          <a href={`#/models/${name}`}>{name}</a>
          <span>
            {text('training.counts', {
              classes: classes.length,
              photos: classes.reduce((sum, { photos }) => sum + photos, 0),
            })}
          </span>
          {job?.set === name && job.state === 'running' && <strong>{text('training.isRunning')}</strong>}
        </li>
      ))}
    </ul>
  );
}

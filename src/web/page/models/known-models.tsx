/** Every model that has a name here, and a button for each camera that could use it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { request } from '../connection.ts';
import { ScrollingTable } from '../shell/scrolling-table.tsx';
import { text } from '../texts/text.ts';
import type { CameraModel, KnownModel } from './training-types.ts';

interface Props {
  readonly models: readonly KnownModel[];
  readonly cameras: readonly CameraModel[];
  /** Whether who looks may change what a camera uses. */
  readonly mayUse: boolean;
}

/** Loading another model and trying it takes a while on a slow board. */
const useTimeoutMs = 60_000;

export function KnownModels({ models, cameras, mayUse }: Props): JSX.Element {
  const outcome = useSignal('');
  const trouble = useSignal('');
  const use = async (camera: string, { name, sha256 }: KnownModel): Promise<void> => {
    outcome.value = '';
    trouble.value = '';
    try {
      await request('models-use', { camera, model: name, sha256 }, useTimeoutMs);
      outcome.value = text('training.used', { camera });
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  return (
    <details>
      <summary>{text('models.known')}</summary>
      <p role="alert">{trouble.value}</p>
      <p>
        <output>{outcome.value}</output>
      </p>
      <ScrollingTable
        label={text('models.known')}
        headings={[
          text('models.model'),
          text('models.task'),
          text('models.here'),
          text('models.summary'),
          ...(mayUse ? [text('models.use')] : []),
        ]}
      >
        {models.map((model) => (
          <tr key={model.name}>
            <th scope="row">{model.name}</th>
            <td>{model.task}</td>
            <td>{model.here}</td>
            <td>{model.summary}</td>
            {mayUse && (
              <td>
                <div class="buttons">
                  {camerasFor(model, cameras).map((camera) => (
                    <button
                      key={camera}
                      type="button"
                      class="plain"
                      aria-label={text('models.useFor', { model: model.name, camera })}
                      onClick={() => void use(camera, model)}
                    >
                      {camera}
                    </button>
                  ))}
                </div>
              </td>
            )}
          </tr>
        ))}
      </ScrollingTable>
    </details>
  );
}

/** Cameras that don't use it yet; none where its file isn't here, or it is no model for a camera. */
function camerasFor({ sha256, task }: KnownModel, cameras: readonly CameraModel[]): string[] {
  if (sha256 === undefined || (task !== 'detect' && task !== 'classify')) return [];
  return cameras.filter((one) => one.sha256 !== sha256).map(({ camera }) => camera);
}

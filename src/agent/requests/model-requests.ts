/** request/models-list and request/models-use. */
import { z } from 'zod';
import { GobyError, InputError } from '../../errors.ts';
import { bareRequest, type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { ListedModel } from '../../models/listing.ts';
import type { ConfigSettings } from './config-requests.ts';

/** What a camera runs now. */
export interface ModelInUse {
  readonly camera: string;
  /** Name in the configuration. */
  readonly model: string;
  /** Of its file for the CPU, whichever file answers. */
  readonly sha256: string;
  readonly backend: string;
}

export interface ModelSwap {
  readonly camera: string;
  readonly model: string;
  /** Of the CPU file; another file is refused. */
  readonly sha256: string;
}

export interface ModelsPort {
  list(): Promise<readonly ListedModel[]>;
  inUse(): readonly ModelInUse[];
  /**
   * Makes a camera use another model: loaded beside the old one, held to its hash and to a golden test, and switched
   * between two frames.
   * @throws GobyError that says why not; the old model goes on then
   */
  use?(swap: ModelSwap): Promise<ModelInUse>;
}

const usePayload = z.looseObject({
  camera: z.string().max(64),
  model: z.string().max(64),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  transaction,
});

export function modelRequests(
  models: ModelsPort,
  settings: Pick<ConfigSettings, 'change'>,
): Record<string, RequestHandler> {
  const { use } = models;
  return {
    'models-list': { ...bareRequest(() => list(models)), mostPerMinute: 30 },
    ...(use === undefined
      ? {}
      : {
          'models-use': request(
            usePayload,
            '{"camera":"front","model":"NAME","sha256":"64 hex digits"}; models-list names them',
            (payload) => useModel({ ...models, use }, settings, payload),
            { mostPerMinute: 6 },
          ),
        }),
  };
}

async function list(models: ModelsPort): Promise<object> {
  return { models: await models.list(), cameras: models.inUse() };
}

/** The swap first, then the configuration: what can't be used is never written down. */
async function useModel(
  models: Required<ModelsPort>,
  settings: Pick<ConfigSettings, 'change'>,
  { camera, model, sha256 }: ModelSwap,
): Promise<object> {
  const before = models.inUse().find((one) => one.camera === camera);
  if (before === undefined) {
    const names = models.inUse().map((one) => one.camera);
    throw new InputError(`There is no camera ${camera}.`, { remedy: `Cameras here: ${names.join(', ')}.` });
  }
  await refuseUnknown(models, model);
  const after = await models.use({ camera, model, sha256 });
  try {
    await settings.change({ cameras: { [camera]: { model } } }, 'MQTT, models-use', { mayUseModels: true });
  } catch (error) {
    if (!(error instanceof GobyError)) throw error;
    await models.use({ camera, model: before.model, sha256: before.sha256 });
    throw error;
  }
  return { ...after };
}

/** Only by name: a path would make goby open any file of the machine. */
async function refuseUnknown(models: ModelsPort, model: string): Promise<void> {
  const names = (await models.list()).map(({ name }) => name);
  if (model === 'default' || names.includes(model)) return;
  throw new InputError(`There is no model ${model}.`, { remedy: `Models here: ${names.join(', ')}.` });
}

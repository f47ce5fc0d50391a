/** What the agent has for training: photos, the child that trains, and the requests of the page. It imports nothing of the workshop. */
import { join } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { UnavailableError } from '../../errors.ts';
import type { RequestHandler } from '../../flow/publish/request.ts';
import { cropToObject } from '../../flow/snapshot/crop-to-object.ts';
import type { Snapshots } from '../../flow/snapshot/snapshots.ts';
import type { Logger } from '../../logger.ts';
import { listBases } from '../../models/base-networks.ts';
import { trainedFile, trainedName, trainingFolder } from '../../models/trained-models.ts';
import { gobyChild } from '../children/goby-child.ts';
import type { ModelsPort } from '../requests/model-requests.ts';
import { trainingRequests } from '../requests/training-requests.ts';
import { ModelTrial } from './model-trial.ts';
import { TrainingJob } from './training-job.ts';
import { TrainingSets } from './training-sets.ts';

export interface AgentTrainingParts {
  readonly loaded: Pick<LoadedConfig, 'places' | 'file'>;
  readonly snapshots: Pick<Snapshots, 'picture'>;
  readonly models: Pick<ModelsPort, 'list' | 'inUse'>;
  readonly logger: Logger;
  /** The newest frame of a camera as a JPEG. */
  frame(camera: string): Promise<Uint8Array>;
}

export interface AgentTraining {
  readonly requests: Readonly<Record<string, RequestHandler>>;
  /** A photo to look at; undefined: there is none of these names. */
  photo(set: string, className: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Never rejects. */
  open(): Promise<void>;
  stop(): Promise<void>;
}

export function createAgentTraining({ loaded, snapshots, models, logger, frame }: AgentTrainingParts): AgentTraining {
  const { places } = loaded;
  const folder = trainingFolder(places);
  const sets = new TrainingSets({ folder });
  const trial = new ModelTrial({
    file: join(folder, '.trial.jpg'),
    logger,
    command: (set, picture) =>
      gobyChild(loaded, [
        ...['classify', picture, '--model', trainedFile(trainedName(set), places)!],
        ...['--json', '--top', '20', '--min-score', '0'],
      ]),
  });
  const job = new TrainingJob({
    folder,
    logger,
    command: (set, base) => {
      const output = trainedFile(trainedName(set), places)!;
      const options = [
        ...['--image-dir', sets.photosOf(set), '--output-graph', output, '--json', '--progress', 'json'],
        ...(base === undefined ? [] : ['--architecture', base]),
      ];
      return { ...gobyChild(loaded, ['train', ...options]), mark: output };
    },
  });
  return {
    requests: trainingRequests({
      sets,
      job,
      frame,
      crop: async (event) => {
        const picture = await snapshots.picture(event);
        if (picture === undefined) throw new UnavailableError(`There is no picture of the event ${event}.`);
        return cropToObject(picture);
      },
      trial,
      bases: () => listBases(places),
      models: () => models.list(),
      inUse: () => models.inUse().map(({ model }) => model),
    }),
    photo: async (set, className, name) =>
      className === trialClass ? copyOf(trial.picture(name)) : sets.photo(set, className, name),
    open: () => job.open(),
    stop: () => job.stop(),
  };
}

/** No class can have this name: the picture that was tried last stands there. */
const trialClass = '.trial';

function copyOf(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined {
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
}

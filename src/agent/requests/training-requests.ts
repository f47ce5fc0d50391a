/** Training from the page: sets of photos, the one training that runs, and its report. Never over MQTT: photos fill the disk. */
import { z } from 'zod';
import { InputError } from '../../errors.ts';
import { bareRequest, type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { ListedBase } from '../../models/base-networks.ts';
import type { ListedModel } from '../../models/listing.ts';
import { trainedName } from '../../models/trained-models.ts';
import type { ModelTrial } from '../training/model-trial.ts';
import type { TrainingJob } from '../training/training-job.ts';
import { readTrainingReport } from '../training/training-report.ts';
import type { TrainingSets } from '../training/training-sets.ts';

export interface TrainingPorts {
  readonly sets: TrainingSets;
  readonly job: TrainingJob;
  /** The newest frame of a camera as a JPEG, with nothing drawn into it. @throws GobyError when there is none in time */
  frame(camera: string): Promise<Uint8Array>;
  /** What of an event's picture is its object. @throws GobyError when there is no such picture */
  crop(event: string): Promise<Uint8Array>;
  readonly trial: Pick<ModelTrial, 'run'>;
  /** Networks to train on. */
  bases(): readonly ListedBase[];
  models(): Promise<readonly Pick<ListedModel, 'name' | 'sha256'>[]>;
  /** Names of the models that cameras use. */
  inUse(): readonly string[];
}

const name = z.string().min(1).max(64);
const page = { onlyFrom: 'page' } as const;

const photoSchema = z.union([
  z.looseObject({ transaction, set: name, class: name, camera: name }),
  z.looseObject({ transaction, set: name, class: name, event: name }),
]);

export function trainingRequests(ports: TrainingPorts): Record<string, RequestHandler> {
  const { sets, job } = ports;
  const refuseWhileRunning = (set: string): void => {
    if (job.isRunning && job.state?.set === set) {
      throw new InputError(`${set} is being trained: its photos can't be removed now.`);
    }
  };
  return {
    training: { ...bareRequest(() => overview(ports)), ...page },
    // Asked every second while one runs.
    'training-job': { ...bareRequest(() => (job.state === undefined ? {} : { job: job.state })), ...page },
    'training-photos': request(
      z.looseObject({ transaction, set: name, class: name }),
      'an object such as {"set":"door","class":"postman"}',
      async (asked) => ({ photos: await sets.photos(asked.set, asked.class) }),
      page,
    ),
    'training-create': request(
      z.looseObject({ transaction, set: name, classes: z.array(name).max(100) }),
      'an object such as {"set":"door","classes":["postman","no-postman"]}',
      ({ set, classes }) => sets.create(set, classes),
      page,
    ),
    'training-photo': request(
      photoSchema,
      'an object such as {"set":"door","class":"postman","camera":"front"}, or with "event"',
      async (asked) => {
        const jpeg =
          'camera' in asked ? await ports.frame(asked.camera as string) : await ports.crop(asked.event as string);
        return { photo: await sets.add(asked.set, asked.class, jpeg) };
      },
      { ...page, mostPerMinute: 180 },
    ),
    'training-remove': request(
      z.looseObject({ transaction, set: name, class: name.optional(), photo: z.string().max(100).optional() }),
      'an object such as {"set":"door"}, with "class" and "photo" for less',
      async ({ set, class: className, photo }) => {
        refuseWhileRunning(set);
        if (className === undefined && photo !== undefined) throw new InputError('Of which class is the photo?');
        if (className === undefined && ports.inUse().includes(trainedName(set))) {
          throw new InputError(`A camera uses the model of ${set}.`, { remedy: 'Give it another model first.' });
        }
        await sets.remove(set, className, photo);
        return {};
      },
      page,
    ),
    'training-start': request(
      z.looseObject({ transaction, set: name, base: name.optional() }),
      'an object such as {"set":"door"}, with "base" for another network than the usual one',
      async ({ set, base }) => {
        const found = (await sets.list()).find((one) => one.name === set);
        if (found === undefined) throw new InputError(`There is no training set ${set}.`);
        const names = ports.bases().map((one) => one.name);
        if (base !== undefined && !names.includes(base)) {
          throw new InputError(`There is no base network ${base}; known: ${names.join(', ')}.`);
        }
        await job.start(set, base);
        return { job: job.state };
      },
      { ...page, mostPerMinute: 6 },
    ),
    'training-try': request(
      z.looseObject({ transaction, set: name, camera: name }),
      'an object such as {"set":"door","camera":"front"}',
      async ({ set, camera }) => {
        const model = (await ports.models()).find((one) => one.name === trainedName(set));
        if (model === undefined) throw new InputError(`${set} has no model yet.`, { remedy: 'Train it first.' });
        return { ...(await ports.trial.run(set, await ports.frame(camera))), sha256: model.sha256 };
      },
      { ...page, mostPerMinute: 60 },
    ),
    'training-cancel': {
      ...bareRequest(async () => {
        await job.cancel();
        return { job: job.state };
      }),
      ...page,
    },
  };
}

async function overview({ sets, job, models, bases }: TrainingPorts): Promise<object> {
  const [found, known] = await Promise.all([sets.list(), models()]);
  return {
    sets: await Promise.all(
      found.map(async (set) => {
        const model = known.find((one) => one.name === trainedName(set.name));
        const report = model === undefined ? undefined : await readTrainingReport(job.reportPath(set.name));
        return {
          ...set,
          ...(model === undefined ? {} : { model }),
          // Of this very model, and not of the one before.
          ...(report === undefined || report.sha256 !== model?.sha256 ? {} : { report }),
        };
      }),
    ),
    bases: bases(),
    ...(job.state === undefined ? {} : { job: job.state }),
  };
}

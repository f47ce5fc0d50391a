/** One flow for each configured camera, with its models, its tracker and its source. */
import { join } from 'node:path';
import type { CameraConfig } from '../config/camera-section.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Logger } from '../logger.ts';
import { CameraFlow, type CameraFlowParts } from './camera-flow.ts';
import type { Camera } from './capture/camera.ts';
import { scoreMarks } from './decide/rule-sense.ts';
import { InferenceBudget } from './inference-budget.ts';
import type { CameraModelSource } from './model-user.ts';
import { createSizeWatch } from './size-watch.ts';
import { createSizesFile } from './sizes/sizes-file.ts';
import { createTracker } from './track/create-tracker.ts';
import { createEventIds } from './track/event-ids.ts';
import { followedLabels } from './track/followed-labels.ts';

/** What it takes to open a camera. */
export interface CameraOptions {
  readonly name: string;
  readonly config: CameraConfig;
  /** Folder of photos that source auto replays where no camera is found. */
  readonly photos: string | undefined;
  readonly logger: Logger;
}

/** What all cameras share. */
export interface CreateFlowsParts
  extends Pick<CameraFlowParts, 'engine' | 'rules' | 'act' | 'snapshots' | 'sinks' | 'health' | 'logger'> {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly models: CameraModelSource;
  readonly openCamera: (options: CameraOptions) => Camera;
  /** Whether source auto may replay the sample photos where no camera is found. */
  readonly samplePhotos: boolean;
}

/**
 * Loads the models; no camera is started.
 * @throws GobyError when a model can't be used where the configuration names it, or the signal's reason when that was aborted
 */
export async function createFlows(parts: CreateFlowsParts, signal: AbortSignal): Promise<CameraFlow[]> {
  const { loaded, models, openCamera, samplePhotos, ...shared } = parts;
  const { config, places } = loaded;
  const newId = createEventIds();
  const budget = new InferenceBudget();
  const flows: CameraFlow[] = [];
  for (const [name, camera] of Object.entries(config.cameras)) {
    const used = await models.forCamera(name, camera);
    signal.throwIfAborted();
    const logger = shared.logger.child(name);
    const file = createSizesFile(join(places.stateDir, 'sizes', `${name}.json`), logger);
    const sizes = createSizeWatch({ camera: name, source: camera.source, file, logger });
    const flow = new CameraFlow({
      ...shared,
      name,
      config: camera,
      models: used,
      budget,
      sizes,
      camera: openCamera({ name, config: camera, photos: samplePhotos ? places.photos : undefined, logger }),
      tracker: createTracker({
        camera: name,
        labels: followedLabels(camera.labels, used.model.labels),
        config: camera,
        scoreMarks: scoreMarks(config.rules, name),
        newId,
        judgeSize: sizes.judge,
      }),
      logger,
    });
    models.attach(flow, used);
    flows.push(flow);
  }
  return flows;
}

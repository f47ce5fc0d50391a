/** One flow for each configured camera, with its models, its tracker and its source. */

import type { LoadedConfig } from '../config/load.ts';
import { CameraFlow, type CameraFlowParts } from './camera-flow.ts';
import { createCamera } from './capture/create-camera.ts';
import { scoreMarks } from './decide/rule-sense.ts';
import type { CameraModelSource } from './model-user.ts';
import { createTracker } from './track/create-tracker.ts';
import { createEventIds } from './track/event-ids.ts';
import { followedLabels } from './track/followed-labels.ts';

/** What all cameras share. */
export interface CreateFlowsParts
  extends Pick<CameraFlowParts, 'engine' | 'rules' | 'act' | 'look' | 'publish' | 'health' | 'logger'> {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly models: CameraModelSource;
  /** Whether source auto may replay the sample photos where no camera is found. */
  readonly samplePhotos: boolean;
}

/** @throws GobyError when a model can't be used where the configuration names it */
export async function createFlows(parts: CreateFlowsParts): Promise<CameraFlow[]> {
  const { loaded, models, samplePhotos, ...shared } = parts;
  const { config, places } = loaded;
  const newId = createEventIds();
  const flows: CameraFlow[] = [];
  for (const [name, camera] of Object.entries(config.cameras)) {
    const used = await models.forCamera(name, camera);
    const logger = shared.logger.child(name);
    const photos = samplePhotos ? places.photos : undefined;
    const flow = new CameraFlow({
      ...shared,
      ...used,
      name,
      config: camera,
      camera: createCamera({ name, config: camera, photos, logger }),
      tracker: createTracker({
        camera: name,
        labels: followedLabels(camera.labels, used.model.labels),
        config: camera,
        scoreMarks: scoreMarks(config.rules, name),
        newId,
      }),
      logger,
    });
    models.attach(flow, used);
    flows.push(flow);
  }
  return flows;
}

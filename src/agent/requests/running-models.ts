/** The models of the agent as they can be asked for over MQTT. */
import type { CameraFlow } from '../../flow/camera-flow.ts';
import { hasEdgetpu } from '../../flow/infer/open-engine.ts';
import { listModels } from '../../models/listing.ts';
import type { ModelsInUse } from '../model-swap/models-in-use.ts';
import type { Settings } from '../settings/settings.ts';
import type { ModelsPort } from './model-requests.ts';

export function agentModels(settings: Settings, cameras: readonly CameraFlow[], use: ModelsInUse['use']): ModelsPort {
  return {
    use,
    list: () => listModels(settings.loaded, hasEdgetpu(settings.loaded.config.infer)),
    inUse: () =>
      cameras.map(({ name, model, cpuModelSha256 }) => ({
        camera: name,
        model: settings.loaded.config.cameras[name]!.model,
        sha256: cpuModelSha256,
        backend: model.backend,
      })),
  };
}

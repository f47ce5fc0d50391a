/** The models of the agent as they can be asked for over MQTT. */
import type { CameraFlow } from '../../flow/camera-flow.ts';
import { findEdgetpuDevices } from '../../flow/infer/edgetpu-device.ts';
import { listModels } from '../../models/listing.ts';
import type { ModelsInUse } from '../model-swap/models-in-use.ts';
import type { Settings } from '../settings/settings.ts';
import type { ModelsPort } from './model-requests.ts';

export function agentModels(settings: Settings, flows: readonly CameraFlow[], use: ModelsInUse['use']): ModelsPort {
  return {
    use,
    list: () => {
      const { loaded } = settings;
      return listModels(loaded, loaded.config.infer.edgetpu === 'auto' && findEdgetpuDevices().length > 0);
    },
    inUse: () =>
      flows.map(({ name, model, cpuModelSha256 }) => ({
        camera: name,
        model: settings.loaded.config.cameras[name]!.model,
        sha256: cpuModelSha256,
        backend: model.backend,
      })),
  };
}

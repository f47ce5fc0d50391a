/** The models of the agent as they can be asked for over MQTT. */
import type { CameraFlow } from './camera-flow.ts';
import { findEdgetpuDevices } from './infer/edgetpu-device.ts';
import { listModels } from './models/listing.ts';
import type { ModelsInUse } from './models-in-use.ts';
import type { ModelsPort } from './remote/model-commands.ts';
import type { Settings } from './remote/settings.ts';

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

/** A camera over HTTP, as the configuration describes it: its address without secrets, and the login for it. */
import type { FfmpegConfig } from '../../../config/camera-section.ts';
import { addressText } from '../../../text/addresses.ts';
import { cameraAddress, shownAddress } from '../camera-address.ts';
import type { CameraAddress } from './ask-camera.ts';
import { CameraLogin } from './camera-login.ts';

export async function resolveCamera(
  config: Pick<FfmpegConfig, 'input' | 'passwordFile'>,
): Promise<{ address: CameraAddress; login: CameraLogin | undefined }> {
  const address = await cameraAddress(config);
  const { login } = address;
  return {
    address: { url: new URL(addressText({ ...address, login: undefined })), shown: shownAddress(address) },
    login: login === undefined ? undefined : new CameraLogin({ user: login.user, password: login.password ?? '' }),
  };
}

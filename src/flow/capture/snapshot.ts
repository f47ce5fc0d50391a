/** Single pictures of a network camera, each asked for over HTTP. */
import type { SnapshotConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import { resolveCamera } from './http/http-camera.ts';
import { captureHttp } from './http/http-capture.ts';
import type { Capture } from './supervised-camera.ts';

export function snapshotCapture(config: SnapshotConfig): Capture {
  const { intervalMs, rotationDeg } = config;
  return async (context) => {
    const camera = await resolveCamera(config);
    // An address that turns out to be a stream is shown at the same pace.
    await captureHttp({ ...camera, rotationDeg, intervalMs, framesPerSecond: 1000 / intervalMs }, context);
    throw new UnavailableError(`The camera ${camera.address.shown} gives neither a picture nor a stream of pictures.`, {
      remedy: 'For anything else, such as a video, set source.type: ffmpeg.',
    });
  };
}

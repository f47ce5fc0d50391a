/** Chooses a source where the configuration names none: the Pi camera, else a V4L2 camera, else the sample photos. */
import type { FfmpegConfig, FolderConfig, RpicamConfig } from '../../config/camera-section.ts';
import { findProgram } from './find-program.ts';
import type { Machine } from './machine.ts';
import { listPiCameras } from './pi-cameras.ts';
import { videoPrograms } from './rpicam.ts';
import { listV4l2Devices } from './v4l2-devices.ts';

export type ChosenSource = RpicamConfig | FfmpegConfig | FolderConfig;

export interface Choice {
  readonly source: ChosenSource;
  /** One sentence: what was chosen, and why. */
  readonly reason: string;
}

/** The defaults of the configuration's sections; a test holds them equal to the schema's. */
export const autoRpicam: RpicamConfig = {
  type: 'rpicam',
  widthPx: 1280,
  heightPx: 720,
  framesPerSecond: 10,
  format: 'yuv420',
  mjpegQuality: 90,
  rotationDeg: 0,
  exposure: 'normal',
  flipHorizontal: false,
  flipVertical: false,
  cameraIndex: 0,
};

export function autoV4l2(device: string): FfmpegConfig {
  return {
    type: 'ffmpeg',
    input: device,
    widthPx: 1280,
    heightPx: 720,
    framesPerSecond: 10,
    rtspTransport: 'tcp',
    tls: { verify: true },
    rotationDeg: 0,
    loop: false,
  };
}

export function autoPhotos(path: string): FolderConfig {
  // The pause lets what was seen go away again, so that an alert is seen to end.
  return { type: 'folder', path, framesPerSecond: 2, loop: true, pauseMs: 4000, rotationDeg: 0 };
}

/** Looks around once. Never throws. @param photos folder of the sample photos */
export async function chooseSource(machine: Machine, photos: string): Promise<Choice> {
  const program = await findProgram(videoPrograms, machine.env);
  const list = program === undefined ? undefined : await listPiCameras(machine.env);
  const camera = list?.cameras[0];
  if (program !== undefined && camera !== undefined) {
    return {
      source: { ...autoRpicam, cameraIndex: camera.index },
      reason: `Source auto chose the Pi camera ${camera.sensor}, because ${program.name} is installed and lists it.`,
    };
  }
  const noPi = `no Pi camera was found (${list === undefined ? 'rpicam-vid is not installed' : (list.problem ?? 'none is listed')})`;
  const device = (await listV4l2Devices(machine.roots)).find(({ usable }) => usable);
  const ffmpeg = await findProgram(['ffmpeg'], machine.env);
  if (device !== undefined && ffmpeg !== undefined) {
    return {
      source: autoV4l2(device.device),
      reason: `Source auto chose the camera ${device.device} (${device.name}) through ffmpeg, because ${noPi}.`,
    };
  }
  const noV4l2 =
    device === undefined
      ? 'there is no usable /dev/video device'
      : `${device.device} (${device.name}) needs ffmpeg: sudo apt install ffmpeg`;
  return {
    source: autoPhotos(photos),
    reason: `Source auto chose the sample photos in ${photos}, because ${noPi} and ${noV4l2}.`,
  };
}

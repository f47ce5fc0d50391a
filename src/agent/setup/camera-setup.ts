/** New cameras from the page: found, tried, and kept among goby's own settings, the password in a file of goby's own. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cameraSection } from '../../config/camera-section.ts';
import { cameraPasswordFile } from '../../config/settable.ts';
import { type GobyError, UnavailableError } from '../../errors.ts';
import type { Camera } from '../../flow/capture/camera.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { probeCameras } from '../../flow/capture/probe-cameras.ts';
import type { CameraOptions } from '../../flow/create-flows.ts';
import { createJpegEncoder } from '../../flow/snapshot/jpeg-encoder.ts';
import { silentLogger } from '../../logger.ts';
import { findOnvifCameras } from '../../system/discovery/onvif-discovery.ts';
import { putBytes } from '../../system/files/put-file.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';
import type { CameraSetup, FoundSource } from '../../web/setup/camera-setup.ts';
import type { Settings } from '../settings/settings.ts';
import { sourceSectionOf, type WishedSource, wishedSource } from './wished-source.ts';

export interface CameraSetupParts {
  readonly settings: Pick<Settings, 'loaded' | 'change'>;
  readonly stateDir: string;
  readonly openCamera: (options: CameraOptions) => Camera;
  readonly probe?: typeof probeCameras;
  readonly discover?: typeof findOnvifCameras;
  /** How long a picture is waited for. */
  readonly patienceMs?: number;
}

const secretMode = 0o600;

export function createCameraSetup(parts: CameraSetupParts): CameraSetup {
  const { settings, stateDir, openCamera, probe = probeCameras, discover = findOnvifCameras } = parts;
  const { patienceMs = 20_000 } = parts;
  /** Of the last list. */
  let found: ReadonlyMap<string, WishedSource> = new Map();
  // One picture at a time: a camera takes memory, and often lets in few.
  const turns = new SerialQueue();
  const withPassword = async <Result>(
    password: string | undefined,
    file: string,
    work: (file: string | undefined) => Promise<Result>,
  ): Promise<Result> => {
    if (password === undefined) return work(undefined);
    await mkdir(join(stateDir, 'secrets'), { recursive: true, mode: 0o700 });
    await putBytes(Buffer.from(`${password}\n`), file, secretMode);
    return work(file);
  };
  return {
    find: async () => {
      const [probed, network] = await Promise.all([probe(), discover()]);
      const sources = new Map<string, WishedSource>();
      const cameras: FoundSource[] = [
        ...probed.piCameras.map(({ index, sensor }): FoundSource => {
          const id = `pi:${index}`;
          sources.set(id, { source: { type: 'rpicam', cameraIndex: index } });
          return { id, kind: 'pi', name: sensor };
        }),
        ...probed.v4l2Devices.map(({ device, name, usable, reason }): FoundSource => {
          const id = `usb:${device}`;
          if (usable) sources.set(id, { source: { type: 'ffmpeg', input: device } });
          return {
            ...(usable ? { id } : { trouble: reason ?? 'not usable' }),
            kind: 'usb',
            name: `${name} (${device})`,
          };
        }),
        ...network.map(({ host, name }): FoundSource => ({ kind: 'network', name, host })),
      ];
      found = sources;
      return { cameras, configured: Object.keys(settings.loaded.config.cameras) };
    },
    try: (wish) =>
      turns.add(async () => {
        const wished = wishedSource(wish, found);
        const file = join(stateDir, 'secrets', `try-${randomUUID()}`);
        try {
          return await withPassword(wished.password, file, (passwordFile) =>
            firstPicture(
              openCamera,
              cameraSection.parse({ source: sourceSectionOf(wished, passwordFile) }),
              patienceMs,
            ),
          );
        } finally {
          await rm(file, { force: true });
        }
      }),
    keep: async (name, wish) => {
      const wished = wishedSource(wish, found);
      const file = cameraPasswordFile(stateDir, name);
      await withPassword(wished.password, file, async (passwordFile) => {
        sourceSectionOf(wished, passwordFile);
        const source = { ...wished.source, ...(passwordFile === undefined ? {} : { passwordFile }) };
        await settings.change({ cameras: { [name]: { source } } }, 'the page', { mayAddCameras: true });
      });
    },
  };
}

/** Opens a camera for as long as one picture takes. */
async function firstPicture(
  openCamera: CameraSetupParts['openCamera'],
  config: CameraOptions['config'],
  patienceMs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const camera = openCamera({ name: 'try', config, photos: undefined, logger: silentLogger });
  const encode = createJpegEncoder({
    enabled: true,
    boxes: false,
    quality: 70,
    longestSidePx: 960,
    quotaMb: 1,
    maxAgeDays: 1,
  });
  let fault = 'it gave no picture';
  try {
    const frame = await new Promise<Frame>((resolve, reject) => {
      const timer = setTimeout(() => reject(noPicture(fault, patienceMs)), patienceMs);
      let isThere = false;
      camera.start({
        onFrame: (one) => {
          if (isThere) one.release();
          else resolve(one);
          isThere = true;
          clearTimeout(timer);
        },
        onStatus: ({ state, detail }) => {
          if (state === 'reconnecting') {
            fault = detail;
            clearTimeout(timer);
            reject(noPicture(fault, undefined));
          }
        },
      });
    });
    try {
      return Uint8Array.from(await encode(frame, []));
    } finally {
      frame.release();
    }
  } finally {
    await camera.stop();
  }
}

function noPicture(fault: string, waitedMs: number | undefined): GobyError {
  const waited = waitedMs === undefined ? '' : ` within ${waitedMs / 1000} s`;
  return new UnavailableError(`No picture came${waited}: ${fault}.`, {
    remedy: 'Check the address, the user and the password, and that the camera is on.',
  });
}

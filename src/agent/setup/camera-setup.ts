/** New cameras from the page: found, tried, and kept among goby's own settings, the password in a file of goby's own. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cameraSection } from '../../config/camera-section.ts';
import { isTree, type Tree } from '../../config/layers.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { changeOverrides, valueAt } from '../../config/overrides.ts';
import { passwordFolder } from '../../config/settable.ts';
import { type GobyError, InputError, UnavailableError } from '../../errors.ts';
import type { Camera } from '../../flow/capture/camera.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { probeCameras } from '../../flow/capture/probe-cameras.ts';
import type { CameraOptions } from '../../flow/create-flows.ts';
import { createJpegEncoder } from '../../flow/snapshot/jpeg-encoder.ts';
import { silentLogger } from '../../logger.ts';
import { findOnvifCameras } from '../../system/discovery/onvif-discovery.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';
import type { CameraSetup, FoundSource } from '../../web/setup/camera-setup.ts';
import type { Settings } from '../settings/settings.ts';
import { newPasswordFile, removeOldPasswords, writePassword } from './camera-password.ts';
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

export function createCameraSetup(parts: CameraSetupParts): CameraSetup {
  const { settings, stateDir, openCamera, probe = probeCameras, discover = findOnvifCameras } = parts;
  const { patienceMs = 20_000 } = parts;
  /** Of the last list. */
  let found: ReadonlyMap<string, WishedSource> = new Map();
  // One picture at a time: a camera takes memory, and often lets in few.
  const turns = new SerialQueue();
  /** Passwords that may still be in use: those of this start, and those that a change on trial goes back to. */
  const inUse = new Set(passwordFilesIn([settings.loaded.config, settings.loaded.overrides]));
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
        const { password } = wished;
        const file = password === undefined ? undefined : join(passwordFolder(stateDir), `try-${randomUUID()}`);
        try {
          if (file !== undefined) await writePassword(password!, file);
          const config = cameraSection.parse({ source: sourceSectionOf(wished, file) });
          return await firstPicture(openCamera, config, patienceMs);
        } finally {
          if (file !== undefined) await rm(file, { force: true });
        }
      }),
    keep: (name, wish) =>
      turns.add(async () => {
        const wished = wishedSource(wish, found);
        const { password } = wished;
        const passwordFile = password === undefined ? undefined : newPasswordFile(stateDir, name);
        sourceSectionOf(wished, passwordFile);
        // What the camera had before and hasn't now is taken back: another camera's password must not go along.
        const before = valueAt(settings.loaded.overrides.values, ['cameras', name, 'source']);
        const nothing = Object.keys(isTree(before) ? before : {}).map((key) => [key, null]);
        const source = {
          ...Object.fromEntries(nothing),
          ...wished.source,
          ...(passwordFile === undefined ? {} : { passwordFile }),
        };
        const change = { cameras: { [name]: { source } } };
        if (passwordFile === undefined) refuseForeignPassword(settings.loaded, name, change);
        for (const file of passwordFilesIn(settings.loaded.config)) inUse.add(file);
        try {
          if (passwordFile !== undefined) await writePassword(password!, passwordFile);
          await settings.change(change, 'the page', { mayAddCameras: true });
        } catch (error) {
          const isTaken = passwordFilesIn(settings.loaded.config).includes(passwordFile ?? '');
          if (passwordFile !== undefined && !isTaken) await rm(passwordFile, { force: true });
          throw error;
        }
        for (const file of passwordFilesIn(settings.loaded.config)) inUse.add(file);
        await removeOldPasswords(stateDir, name, inUse);
      }),
  };
}

/** The file's password for a camera would go along to the new address. @throws InputError */
function refuseForeignPassword(loaded: LoadedConfig, name: string, change: Tree): void {
  const { config } = loaded.withOverrides(changeOverrides(loaded.overrides.values, change));
  if (passwordFilesIn(config.cameras[name]).length === 0) return;
  throw new InputError(`The camera ${name} has a password in goby.yaml, which isn't for this address.`, {
    remedy: 'Give the new password, choose another name, or change goby.yaml.',
  });
}

/** Wherever they stand in these settings. */
function passwordFilesIn(settings: unknown): string[] {
  const found = (JSON.stringify(settings) ?? '').matchAll(/"passwordFile":("(?:[^"\\]|\\.)*")/g);
  return [...found].map(([, text]) => JSON.parse(text!) as string);
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

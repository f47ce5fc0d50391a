/** The V4L2 devices of the machine, and which of them are cameras that ffmpeg can read. */
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineRoots } from './machine.ts';

export interface V4l2Device {
  readonly device: string;
  /** The driver's name for it, such as `HD Webcam C270`. */
  readonly name: string;
  readonly usable: boolean;
  /** Why it isn't usable. */
  readonly reason?: string;
}

/** Nodes of the Pi's codecs, image processors and sensor receivers: libcamera's business, no pictures for ffmpeg. */
const piNode = /^(bcm2835-(codec|isp)|pispbe|rp1-cfe|unicam|rpivid|rpi-hevc|hevc)/i;

/** All devices, by number. Never throws. */
export async function listV4l2Devices(roots: Pick<MachineRoots, 'sys' | 'dev'>): Promise<V4l2Device[]> {
  const folder = join(roots.sys, 'class', 'video4linux');
  const nodes = (await readdir(folder).catch(() => [])).filter((node) => /^video\d+$/.test(node));
  nodes.sort((one, other) => Number(one.slice(5)) - Number(other.slice(5)));
  return await Promise.all(
    nodes.map(async (node) => {
      const name = await readLine(join(folder, node, 'name'));
      const device = join(roots.dev, node);
      const reason = await unusable(name, await readLine(join(folder, node, 'index')), device);
      return { device, name, usable: reason === undefined, ...(reason === undefined ? {} : { reason }) };
    }),
  );
}

async function unusable(name: string, index: string, device: string): Promise<string | undefined> {
  if (piNode.test(name)) return 'part of the Pi camera system or of a video codec';
  // A USB camera has a second node for metadata, with index 1.
  if (index !== '' && index !== '0') return 'a secondary node, for metadata';
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EACCES'
      ? 'this user may not open it: sudo usermod -aG video $USER, then log in again'
      : 'its device file is missing';
  }
}

async function readLine(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

/** Which processes hold a camera's device files open, as far as this user may see. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface CameraHolder {
  readonly pid: number;
  /** The process's short name, as ps shows it. */
  readonly name: string;
  /** The device files it holds, such as /dev/video0. */
  readonly devices: readonly string[];
}

/** Device files of cameras: V4L2 nodes, sub-devices, and the media controller through which libcamera locks a camera. */
const cameraDevice = /^\/dev\/(video|media|v4l-subdev)\d+$/;

/** Sound servers look at cameras in passing; one of them is named last. */
const bystander = /^(pipewire|wireplumber)/;

/**
 * The holders, the likeliest first. Other users' processes are visible to root only, and are left out otherwise.
 * @param device one device file; absent: any camera device
 * @param procRoot where proc(5) is mounted
 */
export async function findCameraHolders({
  device,
  procRoot = '/proc',
}: {
  device?: string;
  procRoot?: string;
} = {}): Promise<CameraHolder[]> {
  const isWanted = (path: string): boolean => (device === undefined ? cameraDevice.test(path) : path === device);
  const entries = await readdir(procRoot).catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(pids.map((pid) => holderOf(procRoot, pid, isWanted)));
  return found
    .filter((holder) => holder !== undefined)
    .sort((one, other) => Number(bystander.test(one.name)) - Number(bystander.test(other.name)) || one.pid - other.pid);
}

async function holderOf(
  procRoot: string,
  pid: number,
  isWanted: (path: string) => boolean,
): Promise<CameraHolder | undefined> {
  try {
    const folder = join(procRoot, String(pid), 'fd');
    const descriptors = await readdir(folder);
    const targets = await Promise.all(descriptors.map((fd) => readlink(join(folder, fd)).catch(() => '')));
    const devices = [...new Set(targets.filter(isWanted))].sort();
    if (devices.length === 0) return undefined;
    const name = (await readFile(join(procRoot, String(pid), 'comm'), 'utf8')).trim();
    return { pid, name, devices };
  } catch {
    // Another user's process, or one that ended meanwhile.
    return undefined;
  }
}

/** The holders in words, such as `motion (process 812)`; says how to find out when none can be seen. */
export function holdersText(holders: readonly CameraHolder[]): string {
  if (holders.length === 0) return "another program that this user can't see (sudo goby doctor shows it)";
  return holders
    .slice(0, 3)
    .map(({ name, pid }) => `${name} (process ${pid})`)
    .join(', ');
}

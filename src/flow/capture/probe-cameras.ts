/** What doctor tells of cameras: programs with their versions, cameras, V4L2 devices, and who holds them. */
import { type CameraHolder, findCameraHolders } from './camera-holders.ts';
import { findProgram, packageOf } from './find-program.ts';
import { type MachineRoots, systemRoots } from './machine.ts';
import { listPiCameras, type PiCamera } from './pi-cameras.ts';
import { videoPrograms } from './rpicam.ts';
import { programVersion } from './short-run.ts';
import { stillPrograms } from './stills.ts';
import { listV4l2Devices, type V4l2Device } from './v4l2-devices.ts';

export interface ProbedProgram {
  /** The name looked for first. */
  readonly wanted: string;
  /** The name that was found; undefined: none is on PATH. */
  readonly found?: string;
  readonly version?: string;
  /** Package that brings it, on Raspberry Pi OS. */
  readonly package: string;
}

export interface CameraProbe {
  readonly programs: readonly ProbedProgram[];
  readonly piCameras: readonly PiCamera[];
  /** Why no Pi camera is listed. */
  readonly piCameraProblem?: string;
  readonly v4l2Devices: readonly V4l2Device[];
  readonly holders: readonly CameraHolder[];
}

/** Looks, and opens no camera; libcamera's list takes a second or two on a Pi. Never throws. */
export async function probeCameras({
  env = process.env,
  roots = systemRoots,
}: {
  env?: NodeJS.ProcessEnv;
  roots?: MachineRoots;
} = {}): Promise<CameraProbe> {
  const [programs, list, v4l2Devices, holders] = await Promise.all([
    Promise.all([videoPrograms, stillPrograms, ['ffmpeg']].map((names) => probeProgram(names, env))),
    listPiCameras(env),
    listV4l2Devices(roots),
    findCameraHolders({ procRoot: roots.proc }),
  ]);
  return {
    programs,
    piCameras: list.cameras,
    ...(list.problem === undefined ? {} : { piCameraProblem: list.problem }),
    v4l2Devices,
    holders,
  };
}

async function probeProgram(names: readonly string[], env: NodeJS.ProcessEnv): Promise<ProbedProgram> {
  const wanted = names[0] ?? '';
  const program = await findProgram(names, env);
  if (program === undefined) return { wanted, package: packageOf(wanted) };
  const version = await programVersion(program, env);
  return {
    wanted,
    found: program.name,
    package: packageOf(wanted),
    ...(version === undefined ? {} : { version }),
  };
}

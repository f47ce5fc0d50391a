/** Can each camera give frames? Asks the agent, or looks without opening anything. */

import type { SourceConfig } from '../config/camera-section.ts';
import type { CameraHolder } from '../flow/capture/camera-holders.ts';
import type { CameraProbe, ProbedProgram } from '../flow/capture/probe-cameras.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { maskAddress } from '../text/addresses.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What the running agent says. */
export function cameraFindings(status: Pick<AgentStatus, 'cameras'>): Finding[] {
  return Object.entries(status.cameras).map(([name, { state, detail, framesPerSecond, regionsAllowed }]) => {
    const part = `camera ${name}`;
    const rate =
      framesPerSecond === undefined
        ? ''
        : ` ${framesPerSecond} frames per second${regionsAllowed === undefined ? '' : `, up to ${regionsAllowed} parts of each looked at`}.`;
    if (state === 'streaming' || state === 'ended') return ok(part, `${ended(detail)}${rate}`);
    return state === 'starting' ? warn(part, `It is starting: ${ended(detail)}`) : fail(part, ended(detail));
  });
}

export interface CameraFacts {
  readonly name: string;
  readonly source: Exclude<SourceConfig, { type: 'auto' }>;
  /** Why source auto chose this one. */
  readonly chosen?: string;
  readonly probe: CameraProbe;
  /** Number of photos in the folder of source folder; undefined: there is no such folder. */
  readonly photos?: number;
}

/** What can be seen while no agent runs. */
export function checkCamera({ name, source, chosen, probe, photos }: CameraFacts): Finding {
  const part = `camera ${name}`;
  const finding = checkSource(part, source, probe, photos);
  return chosen === undefined || finding.level === 'fail'
    ? finding
    : { ...finding, sentence: `${finding.sentence} ${ended(chosen)}` };
}

function checkSource(part: string, source: CameraFacts['source'], probe: CameraProbe, photos?: number): Finding {
  switch (source.type) {
    case 'rpicam':
      return checkPiCamera({ part, wanted: 'rpicam-vid', index: source.cameraIndex, probe });
    case 'stills':
      return checkPiCamera({ part, wanted: 'rpicam-still', index: source.cameraIndex, probe });
    case 'snapshot':
      return ok(
        part,
        `A picture of ${maskAddress(source.input)} each ${source.intervalMs / 1000} s; doctor doesn't ask for it.`,
      );
    case 'ffmpeg':
      return checkFfmpeg(part, source.input, probe);
    case 'folder':
      if (photos === undefined)
        return fail(
          part,
          `The folder ${source.path} is not there.`,
          `Set cameras.<name>.source.path to a folder of photos.`,
        );
      return photos === 0
        ? fail(part, `The folder ${source.path} has no photo.`, 'Put JPEG files into it.')
        : ok(part, `${photos} photos of ${source.path} are replayed.`);
  }
}

function checkPiCamera({
  part,
  wanted,
  index,
  probe,
}: {
  part: string;
  wanted: string;
  index: number;
  probe: CameraProbe;
}): Finding {
  const program = programOf(probe, wanted);
  if (program?.found === undefined) return missingProgram(part, wanted, program);
  const holder = holderOf(probe.holders, /^\/dev\/(media|video)/);
  if (holder !== undefined) return busy(part, holder);
  const camera = probe.piCameras.find((each) => each.index === index);
  if (camera === undefined)
    return fail(
      part,
      probe.piCameras.length === 0
        ? `No Pi camera is found (${probe.piCameraProblem ?? 'none is listed'}).`
        : `There is no Pi camera with index ${index}; there are ${probe.piCameras.map((each) => each.index).join(', ')}.`,
      probe.piCameras.length === 0
        ? 'Check that the ribbon cable sits straight and firmly at both ends (power off first), and camera_auto_detect=1 in /boot/firmware/config.txt; then reboot.'
        : 'Set cameras.<name>.source.cameraIndex.',
    );
  return ok(part, `Pi camera ${camera.sensor} through ${named(program)}.`);
}

function checkFfmpeg(part: string, input: string, probe: CameraProbe): Finding {
  const program = programOf(probe, 'ffmpeg');
  if (program?.found === undefined && /^https?:/.test(input)) {
    const remedy = `For other streams install ffmpeg: sudo apt install ${program?.package ?? 'ffmpeg'}`;
    return warn(part, `${maskAddress(input)} is read if it gives MJPEG or pictures; doctor doesn't open it.`, remedy);
  }
  if (program?.found === undefined) return missingProgram(part, 'ffmpeg', program);
  if (!input.startsWith('/dev/'))
    return ok(part, `${maskAddress(input)} through ${named(program)}; doctor doesn't open it.`);
  const device = probe.v4l2Devices.find((each) => each.device === input);
  if (device === undefined) {
    const others = probe.v4l2Devices.filter((each) => each.usable).map((each) => `${each.device} (${each.name})`);
    return fail(
      part,
      `There is no camera ${input}.`,
      others.length === 0 ? 'Plug it in.' : `Cameras here: ${others.join(', ')}.`,
    );
  }
  if (!device.usable)
    return fail(part, `${input} (${device.name}) can't be used: ${ended(device.reason ?? 'unknown')}`);
  const holder = holderOf(probe.holders, input);
  if (holder !== undefined) return busy(part, holder);
  return ok(part, `${device.name} (${input}) through ${named(program)}.`);
}

function busy(part: string, { name, pid, devices }: CameraHolder): Finding {
  return fail(part, `The camera is busy: ${name} (process ${pid}) holds ${devices.join(', ')}.`, 'End that program.');
}

function missingProgram(part: string, wanted: string, program: ProbedProgram | undefined): Finding {
  return fail(
    part,
    `The program ${wanted} isn't installed.`,
    `Install it: sudo apt install ${program?.package ?? wanted}`,
  );
}

function programOf(probe: CameraProbe, wanted: string): ProbedProgram | undefined {
  return probe.programs.find((program) => program.wanted === wanted);
}

function holderOf(holders: readonly CameraHolder[], device: RegExp | string): CameraHolder | undefined {
  // Sound servers keep a media controller open without using the camera.
  return holders.find(
    ({ name, devices }) =>
      !/^(pipewire|wireplumber)/.test(name) &&
      devices.some((path) => (typeof device === 'string' ? path === device : device.test(path))),
  );
}

function named({ found, version }: ProbedProgram): string {
  return version === undefined ? `${found}` : `${found} ${version}`;
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Turns the end of a camera program into a sentence: what happened, and how to mend it. */
import { UnavailableError } from '../../errors.ts';
import { findCameraHolders, holdersText } from './camera-holders.ts';
import type { Machine } from './machine.ts';
import type { ProgramEnd } from './program-runner.ts';

interface Cause {
  /** What a line of stderr matches. */
  readonly said: RegExp;
  readonly happened: string;
  readonly remedy: string;
}

const busy = /in use by another process|failed to acquire camera|Device or resource busy|Resource busy/i;

/** What libcamera, rpicam-apps and ffmpeg say, and what it means. First match wins. */
const causes: readonly Cause[] = [
  {
    said: /no cameras available/i,
    happened: 'finds no camera',
    remedy:
      'Check that the ribbon cable sits straight and firmly at both ends (power off first), that /boot/firmware/config.txt has camera_auto_detect=1 or the overlay of your sensor, then reboot.',
  },
  {
    said: /frontend has timed out|Dequeue timer .* expired|Device timeout detected/i,
    happened: 'gets no picture from the sensor',
    remedy: 'Check that the ribbon cable sits straight and firmly at both ends (power off first).',
  },
  {
    said: /Cannot allocate memory|Unable to request \d+ buffers/i,
    happened: 'gets no memory for its buffers',
    remedy:
      'Choose a smaller source.widthPx and source.heightPx, or raise the CMA memory in /boot/firmware/config.txt.',
  },
  {
    said: /Permission denied|Operation not permitted/i,
    happened: 'may not open the camera',
    remedy: 'Add the user to the group video: sudo usermod -aG video $USER, then log in again.',
  },
  {
    said: /unrecogni[sz]ed option|unknown option|invalid option value/i,
    happened: 'is too old or too new for an option goby uses',
    remedy: 'Update the system: sudo apt update && sudo apt full-upgrade',
  },
  {
    said: /401 Unauthorized|authorization failed|403 Forbidden/i,
    happened: 'was refused by the camera',
    remedy: 'Check the user in source.input and the file of source.passwordFile; it holds nothing but the password.',
  },
  {
    said: /404 Not Found|Stream not found/i,
    happened: 'was told that the camera has no such stream',
    remedy: 'Check the path of the address in source.input.',
  },
  {
    said: /Connection refused|No route to host|Connection timed out|Network is unreachable|Failed to resolve|Name or service not known|Input\/output error.*rtsp/i,
    happened: "can't reach the camera over the network",
    remedy: 'Check the address and port in source.input, and that the camera is on.',
  },
  {
    said: /No such file or directory/i,
    happened: 'does not find its input',
    remedy: 'Check source.input, and that the device is plugged in.',
  },
  {
    said: /Invalid data found when processing input|moov atom not found/i,
    happened: 'finds no video in its input',
    remedy: 'Check that source.input is a camera, a video stream or a whole video file.',
  },
];

export interface FailureFacts {
  readonly name: string;
  readonly end: ProgramEnd;
  readonly machine: Machine;
  /** Device file that the program was to open. */
  readonly device?: string;
}

/** The error for a program that ended although the camera should go on. */
export async function programFailure({ name, end, machine, device }: FailureFacts): Promise<UnavailableError> {
  const said = end.lines.join(' | ');
  const quoted = said === '' ? 'It said nothing.' : `It said: ${said}`;
  if (busy.test(said)) {
    const holders = await findCameraHolders({
      procRoot: machine.roots.proc,
      ...(device === undefined ? {} : { device }),
    });
    return new UnavailableError(`The camera is busy: it is in use by ${holdersText(holders)}.`, {
      remedy: `End that program, or give goby another camera. ${quoted}`,
    });
  }
  const cause = causes.find((candidate) => candidate.said.test(said));
  if (cause !== undefined) {
    return new UnavailableError(`${name} ${cause.happened}.`, { remedy: `${cause.remedy} ${quoted}` });
  }
  return new UnavailableError(`${name} ${howItEnded(end)}.`, { remedy: quoted });
}

function howItEnded({ code, signal }: ProgramEnd): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? 'ended by itself' : `ended with exit code ${code}`;
}

/** Is there an Edge TPU, its library, and the permission to use it? */
import type { AgentStatus } from '../system/service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import type { GoldenOutcome } from './models.ts';

export interface EdgetpuDevice {
  /** Such as `USB 2-1` or /dev/apex_0. */
  readonly place: string;
  /** Absent: it couldn't be told. */
  readonly accessible?: boolean;
}

export interface EdgetpuFacts {
  /** infer.edgetpu of the configuration. */
  readonly wanted: boolean;
  readonly devices: readonly EdgetpuDevice[];
  /** Path of the libedgetpu that the running agent has loaded, else of the one that would be; absent: none was found. */
  readonly library?: string;
  /** What edgetpu_version says; absent: it was not asked. */
  readonly libraryVersion?: string;
  /** Sentence of why the library can't be used. */
  readonly libraryProblem?: string;
}

const installRemedy =
  'Install libedgetpu1-std: download it for your Debian from https://github.com/feranick/libedgetpu/releases, then sudo apt install ./libedgetpu1-std_*.deb; or as https://coral.ai/docs/accelerator/get-started says. Another file can be named as infer.edgetpuLibrary.';
const udevRemedy =
  "Install the udev rules (goby's package and scripts/install do; /usr/lib/udev/rules.d/60-goby.rules), add the user to plugdev and apex, and plug the device in again.";

/** What can be seen without opening anything. @param status of the running agent, which says what it uses */
export function checkEdgetpu(facts: EdgetpuFacts, status?: Pick<AgentStatus, 'engine'>): Finding {
  const { wanted, devices, library, libraryVersion, libraryProblem } = facts;
  const place = devices.map((device) => device.place).join(', ');
  const version = [library, libraryVersion].filter((part) => part !== undefined).join(', ');
  if (!wanted)
    return devices.length === 0
      ? ok('edge tpu', 'Switched off by infer.edgetpu.')
      : warn('edge tpu', `${place} is there and switched off by infer.edgetpu.`, 'Set infer.edgetpu: auto to use it.');
  if (devices.length === 0)
    return ok(
      'edge tpu',
      `None is there: models run on the CPU.${library === undefined ? ' Its library is not installed.' : ` Library: ${version}.`}`,
      library === undefined ? `To use one: ${installRemedy}` : undefined,
    );
  if (status?.engine.backend === 'edgetpu')
    return ok(
      'edge tpu',
      `${place} is in use${version === '' ? '' : ` through ${version}`}: a golden inference ran on it.`,
    );
  if (library === undefined)
    return fail('edge tpu', `${place} is there, but its library libedgetpu.so.1 is not.`, installRemedy);
  if (libraryProblem !== undefined) return fail('edge tpu', `${version}: ${libraryProblem}`, installRemedy);
  const closed = devices.filter((device) => device.accessible === false);
  if (closed.length === devices.length) return fail('edge tpu', `${place} may not be opened by this user.`, udevRemedy);
  if (status !== undefined) return warn('edge tpu', `${place} is there and not in use: ${status.engine.detail}`);
  return ok('edge tpu', `${place} is there; library ${version}.`);
}

/** Where there is an Edge TPU: did one of the golden inferences run on it? */
export function checkInference(outcomes: readonly GoldenOutcome[]): Finding {
  const part = 'edge tpu inference';
  const answered = outcomes.filter((outcome) => outcome.kind === 'answered');
  if (answered.some(({ backend }) => backend === 'edgetpu')) return ok(part, 'One inference ran on the Edge TPU.');
  const reasons = new Set(answered.map(({ passedOver }) => passedOver).filter((reason) => reason !== undefined));
  return fail(part, ['No inference ran on the Edge TPU.', ...reasons].join(' '));
}

/** Is there an Edge TPU, its library, and the permission to use it? */
import type { AgentStatus } from '../../service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

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
  /** Path of the libedgetpu that would be loaded; absent: none was found. */
  readonly library?: string;
  /** What edgetpu_version says; absent: it was not asked. */
  readonly libraryVersion?: string;
  /** Sentence of why the library can't be used. */
  readonly libraryProblem?: string;
}

const installRemedy =
  'Install libedgetpu1-std as https://coral.ai/docs/accelerator/get-started says, or a newer build from https://github.com/feranick/libedgetpu; or name another file as infer.edgetpuLibrary.';
const udevRemedy =
  'Install the udev rules (scripts/install does; /usr/lib/udev/rules.d/60-goby.rules), add the user to plugdev and apex, and plug the device in again.';

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
      `None is there: models run on the CPU.${library === undefined ? '' : ` Library: ${version}.`}`,
    );
  if (status?.engine.backend === 'edgetpu')
    return ok('edge tpu', `${place} is in use${version === '' ? '' : ` through ${version}`}.`);
  if (library === undefined)
    return fail('edge tpu', `${place} is there, but its library libedgetpu.so.1 is not.`, installRemedy);
  if (libraryProblem !== undefined) return fail('edge tpu', `${version}: ${libraryProblem}`, installRemedy);
  const closed = devices.filter((device) => device.accessible === false);
  if (closed.length === devices.length) return fail('edge tpu', `${place} may not be opened by this user.`, udevRemedy);
  if (status !== undefined) return warn('edge tpu', `${place} is there and not in use: ${status.engine.detail}`);
  return ok('edge tpu', `${place} is there; library ${version}.`);
}

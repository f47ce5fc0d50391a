/** Is this a machine and a Node that goby runs on? */
import { type Finding, fail, ok } from './finding.ts';

export interface PlatformFacts {
  /** process.arch. */
  readonly arch: string;
  /** process.versions.node. */
  readonly nodeVersion: string;
  /** PRETTY_NAME of /etc/os-release. */
  readonly system?: string;
  /** /proc/device-tree/model, such as Raspberry Pi 5 Model B Rev 1.0. */
  readonly board?: string;
  /** uname -m: the kernel's architecture, which may be wider than the system's. */
  readonly kernelArch: string;
}

const wantedMajor = 20;
const wantedMinor = 19;

export function checkPlatform({ arch, nodeVersion, system, board, kernelArch }: PlatformFacts): Finding {
  const machine = [board, system].filter((part) => part !== undefined).join(', ') || 'Linux';
  if (arch !== 'x64' && arch !== 'arm64') {
    const wide = kernelArch === 'aarch64' || kernelArch === 'x86_64';
    return fail(
      'system',
      `goby needs a 64-bit system, and this one (${machine}) runs programs for ${arch}${wide ? ' on a 64-bit kernel' : ''}.`,
      'Flash Raspberry Pi OS (64-bit).',
    );
  }
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor))
    return fail(
      'system',
      `Node ${nodeVersion} is older than the ${wantedMajor}.${wantedMinor} that goby needs.`,
      'Debian 13 and Raspberry Pi OS of the same age bring it: sudo apt install nodejs',
    );
  return ok('system', `${machine}, ${arch}, Node ${nodeVersion}.`);
}

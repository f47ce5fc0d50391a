/** A Coral on PCIe or M.2: its driver, the kernel's page size and, on a Pi 5, what config.txt needs for it. */
import { type Finding, fail, ok, warn } from './finding.ts';

export interface CoralDriverFacts {
  /** Addresses of Corals on PCIe, such as 0000:01:00.0. */
  readonly pcieDevices: readonly string[];
  /** Whether the modules gasket and apex are loaded. */
  readonly driverLoaded: boolean;
  /** Device files such as /dev/apex_0. */
  readonly nodes: readonly string[];
  /** Of the kernel that runs; absent: it couldn't be told. */
  readonly pageBytes?: number;
  /** /proc/device-tree/model. */
  readonly board?: string;
  /** Content of config.txt of the boot partition; absent: there is none. */
  readonly bootSettings?: string;
}

const driverPageBytes = 4096;
/** What a Pi 5 and a Compute Module 5 need for 32-bit DMA and interrupts of the Coral: documentation of Raspberry Pi's overlays. */
const overlays = ['pciex1-compat-pi5,no-mip', 'pcie-32bit-dma-pi5'];

/** @returns undefined where there is no Coral on PCIe */
export function checkCoralDriver(facts: CoralDriverFacts): Finding | undefined {
  const { pcieDevices, driverLoaded, nodes, pageBytes, board, bootSettings } = facts;
  if (pcieDevices.length === 0) return undefined;
  const part = 'edge tpu driver';
  const place = `A Coral is on PCIe (${pcieDevices.join(', ')})`;
  if (pageBytes !== undefined && pageBytes !== driverPageBytes) {
    return fail(
      part,
      `${place}, but this kernel has pages of ${pageBytes / 1024} kB, and its driver needs pages of 4 kB.`,
      bootLine('kernel=kernel8.img'),
    );
  }
  if (!driverLoaded) {
    return fail(
      part,
      `${place}, but its driver (gasket and apex) is not loaded.`,
      'Install gasket-dkms for this kernel (docs/coral.md says which), restart, and see: lsmod | grep apex',
    );
  }
  const missing = isPi5(board) && bootSettings !== undefined ? overlays.filter((one) => !has(bootSettings, one)) : [];
  const overlayWords =
    missing.length === 0 ? '' : ` config.txt lacks ${missing.map((one) => `dtoverlay=${one}`).join(' and ')}.`;
  if (nodes.length === 0) {
    return fail(
      part,
      `${place} and its driver is loaded, but there is no /dev/apex_0.${overlayWords}`,
      missing.length === 0
        ? 'See why: sudo dmesg | grep -i apex'
        : bootLine(...missing.map((one) => `dtoverlay=${one}`)),
    );
  }
  const told = `${place}: ${nodes.join(', ')}, driver loaded${pageBytes === undefined ? '' : ', pages of 4 kB'}.`;
  return missing.length === 0
    ? ok(part, told)
    : warn(part, `${told}${overlayWords}`, bootLine(...missing.map((one) => `dtoverlay=${one}`)));
}

function isPi5(board = ''): boolean {
  return /Raspberry Pi (5|500|Compute Module 5)/.test(board);
}

/** An overlay with its parameters, in any order of lines; what is commented out doesn't count. */
function has(settings: string, overlay: string): boolean {
  const name = overlay.split(',')[0]!;
  return new RegExp(`^\\s*dtoverlay\\s*=\\s*${name}\\b`, 'm').test(settings);
}

function bootLine(...lines: readonly string[]): string {
  return `printf '${lines.join('\\n')}\\n' | sudo tee -a /boot/firmware/config.txt, then restart.`;
}

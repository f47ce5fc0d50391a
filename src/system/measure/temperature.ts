/** Temperatures of the processor and of Edge TPUs on PCIe, in degrees Celsius. */
import type { KernelFiles } from './kernel-files.ts';

/** Names of processor sensors, best first: Pi kernels old and new, other ARM boards, x86. */
const zoneTypes = ['cpu-thermal', 'cpu_thermal', 'bcm2835_thermal', 'soc-thermal', 'soc_thermal', 'x86_pkg_temp'];
const hwmonNames = ['cpu_thermal', 'coretemp', 'k10temp', 'zenpower'];

/** The processor's temperature from its thermal zone, else from its hardware monitor. */
export async function cpuTemperatureC(files: KernelFiles): Promise<number | undefined> {
  const zones = await labelled(files, 'sys/class/thermal', 'thermal_zone', 'type');
  const zone = zoneTypes.map((type) => zones.get(type)).find((path) => path !== undefined);
  const fromZone = zone === undefined ? undefined : await degrees(files, `${zone}/temp`);
  if (fromZone !== undefined) return fromZone;
  const monitors = await labelled(files, 'sys/class/hwmon', 'hwmon', 'name');
  const monitor = hwmonNames.map((name) => monitors.get(name)).find((path) => path !== undefined);
  return monitor === undefined ? undefined : degrees(files, `${monitor}/temp1_input`);
}

/** The hottest Edge TPU that the apex driver knows. */
export async function edgetpuTemperatureC(files: KernelFiles): Promise<number | undefined> {
  const devices = await files.names('sys/class/apex');
  const readings = await Promise.all(devices.map((name) => degrees(files, `sys/class/apex/${name}/temp`)));
  const known = readings.filter((reading) => reading !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The kernel gives thousandths of a degree. A powered-down sensor reads 0 or below -40, which no running chip has. */
async function degrees(files: KernelFiles, path: string): Promise<number | undefined> {
  const thousandths = await files.number(path);
  return thousandths === undefined || thousandths === 0 || thousandths < -40_000
    ? undefined
    : Math.round(thousandths / 100) / 10;
}

/** Folders below `folder` that start with `prefix`, by the text of their label file; the first of a name wins. */
async function labelled(
  files: KernelFiles,
  folder: string,
  prefix: string,
  label: string,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await files.names(folder)).filter((each) => each.startsWith(prefix))) {
    const type = await files.text(`${folder}/${name}/${label}`);
    if (type !== undefined && !found.has(type)) found.set(type, `${folder}/${name}`);
  }
  return found;
}

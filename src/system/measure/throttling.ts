/** Throttling and under-voltage of a Raspberry Pi: asked of the firmware, decoded into named flags. */
import { execFile } from 'node:child_process';
import type { KernelFiles } from './kernel-files.ts';
import type { Throttling, ThrottlingFlags } from './telemetry.ts';

/** What prints the firmware's word, `throttled=0x50005`; undefined when it can't. */
export type AskFirmware = () => Promise<string | undefined>;

/** Bits of get_throttled: https://www.raspberrypi.com/documentation/computers/os.html#get_throttled; +16: since boot. */
function flags(word: number, shift: number): ThrottlingFlags {
  const bit = (position: number) => ((word >>> (position + shift)) & 1) === 1;
  return { undervoltage: bit(0), frequencyCapped: bit(1), throttled: bit(2), softTemperatureLimit: bit(3) };
}

/** @param text hexadecimal digits, with or without `throttled=` and 0x; undefined when it is anything else */
export function decodeThrottled(text: string): Throttling | undefined {
  const digits = /^(?:throttled=)?(?:0x)?([0-9a-f]{1,8})$/i.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  const word = Number.parseInt(digits, 16);
  return { now: flags(word, 0), sinceBoot: flags(word, 16), raw: `0x${word.toString(16)}` };
}

/** Reads the word from sysfs, as Raspberry Pi's kernels have it, else from vcgencmd where the firmware's device is. */
export async function readThrottling(files: KernelFiles, askFirmware: AskFirmware): Promise<Throttling | undefined> {
  const fromKernel = await files.text('sys/devices/platform/soc/soc:firmware/get_throttled');
  const text = fromKernel ?? (await askFirmware());
  return text === undefined ? undefined : decodeThrottled(text);
}

/** The kernel's own under-voltage alarm (driver raspberrypi-hwmon), for kernels without the firmware's word. */
export async function undervoltageAlarm(files: KernelFiles): Promise<boolean | undefined> {
  for (const name of await files.names('sys/class/hwmon')) {
    if ((await files.text(`sys/class/hwmon/${name}/name`)) !== 'rpi_volt') continue;
    const alarm = await files.number(`sys/class/hwmon/${name}/in0_lcrit_alarm`);
    return alarm === undefined ? undefined : alarm !== 0;
  }
  return undefined;
}

/** Runs `vcgencmd get_throttled`; a machine without the program is asked only once. */
export function vcgencmd(program = 'vcgencmd', timeoutMs = 1000): AskFirmware {
  let missing = false;
  return () =>
    missing
      ? Promise.resolve(undefined)
      : new Promise((resolve) => {
          execFile(program, ['get_throttled'], { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout) => {
            missing = error !== null && 'code' in error && error.code === 'ENOENT';
            resolve(error === null ? stdout : undefined);
          });
        });
}

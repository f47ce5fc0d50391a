/** Is the power supply strong enough, and does the Pi run at full speed? */
import type { DeviceTelemetry, ThrottlingFlags } from '../system/measure/telemetry.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface PowerFacts {
  readonly telemetry: DeviceTelemetry;
  /** /proc/device-tree/model. */
  readonly board?: string;
  /** Milliamperes that a Pi 5 negotiated with its supply (device tree: chosen/power/max_current). */
  readonly supplyMilliamperes?: number;
  /** Whether usb_max_current_enable is in effect (device tree: chosen/power/usb_max_current_enable). */
  readonly usbLimitLifted?: boolean;
  /** usb_max_current_enable in config.txt; absent: it isn't there. */
  readonly usbLimitConfigured?: boolean;
}

const supplyRemedy =
  'Use the official power supply with a short, thick cable, and no hub that feeds itself from the Pi.';
const heatRemedy = 'Give the Pi a heat sink or a fan, and air.';

export function checkPower(facts: PowerFacts): Finding[] {
  return [supply(facts.telemetry), usbLimit(facts)].filter((finding) => finding !== undefined);
}

function supply({ throttling, undervoltage, cpuTemperatureC }: DeviceTelemetry): Finding {
  const temperature = cpuTemperatureC === undefined ? '' : ` The processor is at ${cpuTemperatureC} °C.`;
  if (undervoltage === true) return fail('power', `The supply's voltage is too low now.${temperature}`, supplyRemedy);
  if (throttling === undefined) return ok('power', `This machine doesn't tell about its power supply.${temperature}`);
  const { now, sinceBoot } = throttling;
  if (now.throttled || now.softTemperatureLimit || now.frequencyCapped)
    return warn('power', `The processor is slowed down now (${words(now)}).${temperature}`, heatRemedy);
  if (sinceBoot.undervoltage)
    return warn('power', `The supply's voltage was too low since the last boot.${temperature}`, supplyRemedy);
  if (sinceBoot.throttled || sinceBoot.softTemperatureLimit || sinceBoot.frequencyCapped)
    return warn('power', `The processor was slowed down since boot (${words(sinceBoot)}).${temperature}`, heatRemedy);
  return ok('power', `Enough voltage and full speed since boot.${temperature}`);
}

/** A Pi 5 gives its USB ports 600 mA unless its supply says it can do 5 A or config.txt says so; a Coral stick alone may draw 900 mA. */
function usbLimit({ board, supplyMilliamperes, usbLimitLifted, usbLimitConfigured }: PowerFacts): Finding | undefined {
  const part = 'usb power';
  if (board?.startsWith('Raspberry Pi 5') !== true) return undefined;
  if (supplyMilliamperes === undefined && usbLimitLifted === undefined) return undefined;
  const supplied = supplyMilliamperes === undefined ? '' : `The supply gives ${supplyMilliamperes} mA`;
  if ((supplyMilliamperes ?? 0) >= 5000) return ok(part, `${supplied}; USB devices may draw 1.6 A.`);
  if (usbLimitLifted === true)
    return ok(
      part,
      `USB devices may draw 1.6 A, as usb_max_current_enable=1 is in effect.${supplied === '' ? '' : ` ${supplied}.`}`,
    );
  const limited = `${supplied === '' ? '' : `${supplied}, so `}USB devices together may draw 600 mA only; a Coral stick may need 900.`;
  return warn(
    part,
    `${limited.charAt(0).toUpperCase()}${limited.slice(1)}`,
    usbLimitConfigured === true
      ? 'usb_max_current_enable=1 is in config.txt and takes effect at the next boot: sudo reboot'
      : 'Use the 27 W supply of the Pi 5, or set usb_max_current_enable=1 in /boot/firmware/config.txt if yours is strong enough, and reboot.',
  );
}

function words(flags: ThrottlingFlags): string {
  const names = {
    undervoltage: 'low voltage',
    frequencyCapped: 'frequency capped',
    throttled: 'throttled',
    softTemperatureLimit: 'temperature limit',
  };
  return (Object.keys(names) as (keyof ThrottlingFlags)[])
    .filter((key) => flags[key])
    .map((key) => names[key])
    .join(', ');
}

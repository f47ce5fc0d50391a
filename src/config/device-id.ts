/** Who this device is: a stable id for topics and a name for people. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { DeviceConfig } from './schema.ts';

export interface DeviceIdentity {
  /** Slug for topics and the MQTT client id. */
  readonly id: string;
  readonly name: string;
}

/**
 * The id is device.id, else the board's serial number, else a hash of the machine id: so cloned cards differ, and a
 * flashed-again Pi stays the same device. The machine id itself is secret (machine-id(5)) and never shown.
 * @param root prefix of /proc and /etc
 */
export function identifyDevice(config: DeviceConfig, root = '/'): DeviceIdentity {
  const name = config.name ?? hostname();
  if (config.id !== undefined) return { id: config.id, name };
  const serial = readText(join(root, 'proc/device-tree/serial-number'))?.replaceAll('\0', '').trim().toLowerCase();
  if (serial !== undefined && /^[0-9a-f]{8,}$/.test(serial) && !/^0+$/.test(serial)) {
    return { id: `pi-${serial.slice(-8)}`, name };
  }
  const machine =
    readText(join(root, 'etc/machine-id'))?.trim() ?? readText(join(root, 'var/lib/dbus/machine-id'))?.trim();
  if (machine !== undefined && /^[0-9a-f]{32}$/.test(machine)) {
    return { id: `goby-${createHash('sha256').update(`goby:${machine}`).digest('hex').slice(0, 8)}`, name };
  }
  throw new ConfigError(
    'device.id: this machine has neither a board serial number nor a machine id to make one from.',
    {
      remedy: 'Name the device yourself. Example: device: { id: front-door }',
    },
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Settings of the system on images with cloud-init: its own files on the boot partition. What Imager wrote there wins. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Settings } from './settings.ts';
import { hostNameOf, wifiKey } from './system-settings.ts';

type Tree = Record<string, unknown>;

/** @returns a sentence for each setting that Imager's file decides otherwise, and for a file that can't be read */
export async function putCloudInitFiles(settings: Settings, boot: string): Promise<string[]> {
  return [
    ...(await addTo(join(boot, 'user-data'), userData(settings), '#cloud-config\n')),
    ...(await addTo(join(boot, 'network-config'), networkConfig(settings), '')),
  ];
}

interface Addition {
  /** Key of cloud-init's file, and others that say the same thing. */
  readonly key: string;
  readonly rivals?: readonly string[];
  readonly setting: string;
  readonly value: unknown;
}

function userData({ device_name, user, ssh_key, time_zone }: Settings): Addition[] {
  const additions: Addition[] = [];
  if (device_name !== undefined) {
    const name = hostNameOf(device_name);
    additions.push({ key: 'hostname', rivals: ['fqdn'], setting: 'device_name', value: name });
    additions.push({ key: 'manage_etc_hosts', setting: '', value: true });
  }
  if (time_zone !== undefined) additions.push({ key: 'timezone', setting: 'time_zone', value: time_zone });
  if (user !== undefined) {
    const account = {
      name: user,
      groups: 'users,adm,sudo,video,gpio,plugdev',
      shell: '/bin/bash',
      lock_passwd: true,
      sudo: 'ALL=(ALL) NOPASSWD:ALL',
      ssh_authorized_keys: [ssh_key],
    };
    additions.push({ key: 'users', rivals: ['user'], setting: 'user', value: [account] });
    // A key of Raspberry Pi OS's own cloud-init module.
    additions.push({ key: 'enable_ssh', setting: '', value: true });
  }
  return additions;
}

function networkConfig({ wifi_name, wifi_country, wifi_password }: Settings): Addition[] {
  if (wifi_name === undefined) return [];
  const point = wifi_password === undefined ? {} : { password: wifiKey(wifi_name, wifi_password) };
  const wlan0 = {
    dhcp4: true,
    optional: true,
    'regulatory-domain': wifi_country,
    'access-points': { [wifi_name]: point },
  };
  return [{ key: 'wifis', setting: 'wifi_name', value: { wlan0 } }];
}

async function addTo(file: string, additions: readonly Addition[], head: string): Promise<string[]> {
  if (additions.length === 0) return [];
  const name = file.slice(file.lastIndexOf('/') + 1);
  const before = await readFile(file, 'utf8').catch(() => '');
  let whole: Tree;
  try {
    whole = (parse(before) as Tree | null) ?? {};
    if (typeof whole !== 'object' || Array.isArray(whole)) throw new Error();
  } catch {
    return [`${name} on the boot partition can't be read as YAML, so it was left as it is and counts alone.`];
  }
  // network-config may or may not have a level "network" around it.
  const nested = name === 'network-config' && (whole['network'] !== undefined || Object.keys(whole).length === 0);
  const level = nested ? ((whole['network'] as Tree | undefined) ?? { version: 2 }) : whole;
  const problems: string[] = [];
  let changed = false;
  for (const { key, rivals = [], setting, value } of additions) {
    const rival = [key, ...rivals].find((one) => level[one] !== undefined);
    if (rival === undefined) {
      level[key] = value;
      changed = true;
    } else if (setting !== '' && JSON.stringify(level[rival]) !== JSON.stringify(value)) {
      problems.push(`${setting}: ${name}, which Raspberry Pi Imager wrote, sets ${rival} already, and that counts.`);
    }
  }
  if (changed)
    await writeFile(file, `${head}${stringify(nested ? { ...whole, network: level } : whole)}`, { flush: true });
  return problems;
}

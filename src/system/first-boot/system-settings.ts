/** Settings of the system on images without cloud-init: host name, account, Wi-Fi, time zone, through its own files and programs. */
import { pbkdf2Sync } from 'node:crypto';
import { sentence } from '../../errors.ts';
import type { Settings } from './settings.ts';
import type { Target } from './target.ts';

/** Front door -> front-door: letters, digits and hyphens, 63 at most (RFC 1123). */
export function hostNameOf(deviceName: string): string {
  const plain = deviceName
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return plain.slice(0, 63).replace(/^-+|-+$/g, '');
}

/** The key that a network's name and password give (IEEE 802.11i), so that the password itself is stored nowhere. */
export function wifiKey(name: string, password: string): string {
  if (/^[0-9a-f]{64}$/i.test(password)) return password.toLowerCase();
  return pbkdf2Sync(password, name, 4096, 32, 'sha1').toString('hex');
}

/** @returns a sentence for each thing that could not be done; the others are done */
export async function putSystemSettings(settings: Settings, target: Target): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, step] of [
    ['device_name', putHostName],
    ['user', putUser],
    ['wifi_name', putWifi],
    ['time_zone', putTimeZone],
  ] as const) {
    if (settings[name] === undefined) continue;
    try {
      const problem = await step(settings, target);
      if (problem !== undefined) problems.push(problem);
    } catch (error) {
      problems.push(`${name} could not be set: ${sentence(error).trim().split('\n').at(-1)}`);
    }
  }
  return problems;
}

async function putHostName({ device_name = '' }: Settings, target: Target): Promise<string | undefined> {
  const name = hostNameOf(device_name);
  await target.write('/etc/hostname', `${name}\n`);
  const hosts = ((await target.read('/etc/hosts')) ?? '127.0.0.1 localhost\n').replace(/^127\.0\.1\.1.*\n?/m, '');
  await target.write('/etc/hosts', `${hosts.replace(/\n?$/, '\n')}127.0.1.1 ${name}\n`);
  // hostname(1) works before the bus does; where it is missing, the name counts from the next start on.
  await target.run('hostname', [name]).catch(() => undefined);
  return undefined;
}

async function putUser({ user = '', ssh_key = '' }: Settings, target: Target): Promise<string | undefined> {
  const present = (await target.read('/etc/passwd'))?.split('\n').find((line) => line.startsWith(`${user}:`));
  if (present === undefined) {
    const wanted = ['sudo', 'adm', 'video', 'gpio', 'plugdev'];
    const known = (await target.read('/etc/group'))?.split('\n').map((line) => line.split(':')[0]) ?? [];
    const groups = wanted.filter((group) => known.includes(group));
    await target.run('useradd', ['--create-home', '--shell', '/bin/bash', '--groups', groups.join(','), user]);
  }
  const home = present?.split(':')[5] ?? `/home/${user}`;
  const file = `${home}/.ssh/authorized_keys`;
  const keys = ((await target.read(file)) ?? '').split('\n').filter((line) => line !== '');
  if (!keys.includes(ssh_key)) keys.push(ssh_key);
  await target.write(file, `${keys.join('\n')}\n`, { mode: 0o600, owner: `${user}:${user}` });
  // Without following links: the account may be one that was there before.
  await target.run('chown', ['-hR', `${user}:`, `${home}/.ssh`]);
  await target.run('chmod', ['700', `${home}/.ssh`]);
  // The account has no password: sudo can't ask for one. Raspberry Pi OS does the same for its first user.
  await target.write(`/etc/sudoers.d/010_${user}-nopasswd`, `${user} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
  // Raspberry Pi OS asks for a first user on the screen until one is there.
  if (await target.exists('/usr/lib/systemd/system/userconfig.service')) {
    await target.run('systemctl', ['--no-reload', 'disable', 'userconfig.service']);
  }
  await target.run('systemctl', ['--no-reload', 'enable', 'ssh.service']);
  return undefined;
}

async function putWifi(settings: Settings, target: Target): Promise<string | undefined> {
  const { wifi_name = '', wifi_country = '', wifi_password } = settings;
  if (!(await target.exists('/usr/sbin/NetworkManager'))) {
    return 'wifi_name could not be set: this image has no NetworkManager. Raspberry Pi OS has it.';
  }
  // An id as bytes can hold any character of a network's name.
  const bytes = [...Buffer.from(wifi_name)].map((byte) => `${byte};`).join('');
  const security =
    wifi_password === undefined
      ? ''
      : `\n[wifi-security]\nkey-mgmt=wpa-psk\npsk=${wifiKey(wifi_name, wifi_password)}\n`;
  await target.write(
    '/etc/NetworkManager/system-connections/goby-wifi.nmconnection',
    `[connection]\nid=goby-wifi\ntype=wifi\n\n[wifi]\nmode=infrastructure\nssid=${bytes}\n${security}\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n`,
    { mode: 0o600 },
  );
  await target.write('/etc/modprobe.d/goby-wifi-country.conf', `options cfg80211 ieee80211_regdom=${wifi_country}\n`);
  await target.run('iw', ['reg', 'set', wifi_country]).catch(() => undefined);
  // Raspberry Pi OS keeps the radio off until a country is known.
  await target.run('rfkill', ['unblock', 'wlan']).catch(() => undefined);
  return undefined;
}

async function putTimeZone({ time_zone = '' }: Settings, target: Target): Promise<string | undefined> {
  if (!(await target.exists(`/usr/share/zoneinfo/${time_zone}`))) {
    return `time_zone could not be set: this image has no /usr/share/zoneinfo/${time_zone}.`;
  }
  await target.write('/etc/timezone', `${time_zone}\n`);
  await target.run('ln', ['-sfn', `/usr/share/zoneinfo/${time_zone}`, '/etc/localtime']);
  return undefined;
}

/** What to do about passwords that stand in the configuration: they work, and are better kept in a file of their own. */
import { statSync } from 'node:fs';
import { parseAddress } from '../text/addresses.ts';
import type { LoadedConfig } from './load.ts';
import { keysWithSecrets, revealed } from './secrets.ts';

/** A sentence for each key that holds a secret, and one for a file that others may read. */
export function secretAdvice({ config, file }: Pick<LoadedConfig, 'config' | 'file'>): string[] {
  const keys = keysWithSecrets(config);
  if (keys.length === 0) return [];
  const advice = keys.map((key) => adviceFor(key, valueAt(revealed(config), key)));
  const isOpen = file !== undefined && mayOthersRead(file);
  return isOpen ? [...advice, `Every user of this machine may read ${file}: sudo chmod o-r ${file}`] : advice;
}

function adviceFor(key: string, value: string): string {
  const address = parseAddress(value);
  const user = address?.login?.password === undefined ? undefined : address.login.user;
  const camera = /^cameras\.([^.]+)\.source\./.exec(key)?.[1];
  if (user !== undefined && camera !== undefined) {
    const { scheme } = address!;
    return `${key} holds a password. Better: put it as the only line into a file such as /etc/goby/${camera}-password, write passwordFile: /etc/goby/${camera}-password beside input, and leave it out of the address: ${scheme}://${encodeURIComponent(user)}@...`;
  }
  if (user !== undefined && key === 'mqtt.broker') {
    return `${key} holds a password. Better: put it as the only line into /etc/goby/mqtt-password, and write under mqtt: username: ${JSON.stringify(user)} and passwordFile: /etc/goby/mqtt-password, with neither in the address.`;
  }
  return `${key} holds a secret. goby shows it nowhere; who may read the file can.`;
}

function mayOthersRead(file: string): boolean {
  try {
    return (statSync(file).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}

function valueAt(config: object, key: string): string {
  const parts = key.split(/\.|\[(\d+)\]/).filter((part) => part !== undefined && part !== '');
  return String(parts.reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], config));
}

/** What goby.txt may say of a device: keys, what each must look like, and what belongs together. */
import { z } from 'zod';
import { configSchema } from '../../config/schema.ts';
import { expects, partSeparator, pattern, text } from '../../config/values.ts';
import { maskAddress, parseAddress } from '../../text/addresses.ts';
import { isPasswordLength } from '../login/password.ts';

const sshKey = text(
  'a public SSH key, one line that starts with ssh-ed25519, ssh-rsa or ecdsa-sha2-',
  'ssh-ed25519 AAAA... anna@laptop',
).refine(isPublicKey, {
  error: expects(
    'a public SSH key, one line that starts with ssh-ed25519, ssh-rsa or ecdsa-sha2-',
    'ssh-ed25519 AAAA... anna@laptop',
  ),
});

const timeZone = text('a time zone of the tz database', 'Europe/Berlin').refine(isTimeZone, {
  error: expects('a time zone of the tz database', 'Europe/Berlin'),
});

const brokerAddress = text('an address', 'mqtt://homeassistant.local:1883').refine(
  (value) => configSchema.shape.mqtt.safeParse({ broker: value }).success && parseAddress(value)?.login === undefined,
  {
    error: expects(
      'mqtt://HOST:PORT or mqtts://HOST:PORT; user and password stand in mqtt_user and mqtt_password',
      'mqtt://homeassistant.local:1883',
    ),
  },
);

const schema = z.object({
  device_name: pattern(
    /^(?=.*[a-z0-9])[^\p{Cc}]{1,64}$/iu,
    'a name of 1 to 64 characters with a letter or digit',
    'Front door',
  ),
  user: pattern(/^[a-z][a-z0-9_-]{0,31}$/, 'a user name: a-z first, then a-z, 0-9, _ and -, 32 at most', 'anna').refine(
    (value) => value !== 'root' && value !== 'goby',
    { error: expects('a user name other than root and goby', 'anna') },
  ),
  ssh_key: sshKey,
  wifi_country: pattern(/^[A-Z]{2}$/i, 'a country code of two letters', 'DE').transform((code) => code.toUpperCase()),
  wifi_name: text('the name of a Wi-Fi network, 32 bytes at most', 'Home').refine(
    (value) => Buffer.byteLength(value) <= 32,
    { error: expects('the name of a Wi-Fi network, 32 bytes at most', 'Home') },
  ),
  // 64 hex digits are a key as it is derived from name and password.
  wifi_password: pattern(
    /^([\x20-\x7e]{8,63}|[0-9a-f]{64})$/i,
    'a Wi-Fi password of 8 to 63 characters',
    'long secret',
  ),
  time_zone: timeZone,
  mqtt_address: brokerAddress,
  mqtt_user: text('a user name', 'goby'),
  mqtt_password: text('a password', 'another secret'),
  web_password: text('a password of 10 to 1024 characters', 'three quiet words').refine(isPasswordLength, {
    error: expects('a password of 10 to 1024 characters', 'three quiet words'),
  }),
  mqtt_ca: pattern(/^[^/\\\p{Cc}]{1,100}$/u, 'the name of a file beside goby.txt', 'broker-ca.crt'),
});

export type SettingKey = keyof z.output<typeof schema>;

/** A line of goby.txt, taken apart. */
export interface SettingLine {
  readonly key: SettingKey;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}
/** What goby.txt says, as far as it can be used. */
export type Settings = Partial<z.output<typeof schema>>;

export const settingKeys = Object.keys(schema.shape) as SettingKey[];

/** Never shown in a message, and taken out of goby.txt once imported. */
export const secretKeys: readonly SettingKey[] = ['wifi_password', 'mqtt_password', 'web_password'];

/** Keeps what is right; each line that is wrong, alone or beside the others, is a sentence. */
export function checkSettings(lines: readonly SettingLine[]): { settings: Settings; problems: string[] } {
  const settings: Record<string, string> = {};
  const problems: string[] = [];
  for (const { key, value, line } of lines) {
    const parsed = schema.shape[key].safeParse(value);
    if (parsed.success) settings[key] = parsed.data;
    else {
      const [expected, example] = (parsed.error.issues[0]?.message ?? '').split(partSeparator);
      const found = secretKeys.includes(key) ? 'something else' : JSON.stringify(maskAddress(value).slice(0, 60));
      problems.push(`Line ${line}: ${key}: expected ${expected}, got ${found}. Example: ${key} = ${example}`);
    }
  }
  const said = new Set(lines.map(({ key }) => key));
  for (const { key, needs, why } of companions) {
    if (said.has(key) && !said.has(needs)) {
      problems.push(`${key} is set and ${needs} is not: ${why}`);
    }
    // What can't work without the other, or beside a wrong one, is left out with it.
    if (settings[key] !== undefined && settings[needs] === undefined) delete settings[key];
  }
  if (settings['mqtt_ca'] !== undefined && settings['mqtt_address']?.startsWith('mqtt://')) {
    problems.push('mqtt_ca is set, but mqtt_address starts with mqtt://, which is not encrypted: use mqtts://.');
  }
  return { settings: settings as Settings, problems };
}

const companions: readonly { key: SettingKey; needs: SettingKey; why: string }[] = [
  { key: 'ssh_key', needs: 'user', why: 'name the account that the key opens. Example: user = anna' },
  { key: 'user', needs: 'ssh_key', why: 'an account without password and key could not be used.' },
  { key: 'wifi_password', needs: 'wifi_name', why: 'name the network. Example: wifi_name = Home' },
  { key: 'wifi_name', needs: 'wifi_country', why: 'without it the radio stays off. Example: wifi_country = DE' },
  { key: 'mqtt_password', needs: 'mqtt_user', why: 'a password goes with a user. Example: mqtt_user = goby' },
  { key: 'mqtt_user', needs: 'mqtt_address', why: "goby's own broker asks for no user." },
  { key: 'mqtt_ca', needs: 'mqtt_address', why: "goby's own broker has no certificate." },
];

/** The second word holds the first one again, with its length before it (RFC 4253, 6.6). */
function isPublicKey(line: string): boolean {
  const [type, blob] = line.split(/\s+/);
  if (type === undefined || blob === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return false;
  if (!/^(sk-)?(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))(@openssh\.com)?$/.test(type)) return false;
  const bytes = Buffer.from(blob, 'base64');
  if (bytes.length < 4 + type.length + 16) return false;
  return bytes.readUInt32BE(0) === type.length && bytes.toString('latin1', 4, 4 + type.length) === type;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

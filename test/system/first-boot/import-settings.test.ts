/** goby.txt into a system: what is right is used, what is wrong is told, and no secret stays on the boot partition. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { importSettings } from '../../../src/system/first-boot/import-settings.ts';
import { createTarget } from '../../../src/system/first-boot/target.ts';
import { openAccounts } from '../../../src/web/login/accounts.ts';
import { places } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8vkRGtN7QP1oS0vWPM0d8Mh0J0gnZFHZ0Ui2i9zkQp anna@laptop';
const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

interface Card {
  readonly boot: string;
  readonly ran: string[];
  at(path: string): string;
  read(path: string): string;
  write(path: string, content: string | Buffer): void;
  import(): ReturnType<typeof importSettings>;
}

/** A system's root with the files that settings look at, and a boot partition beside it. */
function card(t: ExecutionContext, settings: string | Buffer): Card {
  const folder = temporaryFolder(t);
  const root = join(folder, 'root');
  const boot = join(folder, 'boot');
  const ran: string[] = [];
  const target = createTarget(root, (program, args) => ran.push([program, ...args].join(' ')));
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  write('etc/passwd', 'root:x:0:0::/root:/bin/bash\n');
  write('etc/group', 'root:x:0:\nsudo:x:27:\nvideo:x:44:\ngpio:x:997:\n');
  write('etc/hosts', '127.0.0.1 localhost\n127.0.1.1 raspberrypi\n');
  write('usr/sbin/NetworkManager', '');
  write('usr/share/zoneinfo/Europe/Berlin', '');
  write('../boot/goby.txt', settings);
  return {
    boot,
    ran,
    at: (path) => join(root, path),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    write,
    import: () => importSettings(boot, target),
  };
}

const whole = `
device_name = Front door
user = anna
ssh_key = ${key}
wifi_country = de
wifi_name = Zuhause & mehr
wifi_password = long secret
time_zone = Europe/Berlin
mqtt_address = mqtts://broker.lan:8883
mqtt_user = goby
mqtt_password = = another # secret
mqtt_ca = ca.crt
web_password = three quiet words
`;

test('all settings reach the files of the system and of the agent, and no secret stays', async (t) => {
  const at = card(t, whole);
  at.write('../boot/ca.crt', certificate);
  const { state, taken, problems } = await at.import();
  t.is(state, 'imported');
  t.deepEqual(problems, []);
  t.is(taken.length, 12);
  t.is(at.read('etc/hostname'), 'front-door\n');
  t.is(at.read('etc/hosts'), '127.0.0.1 localhost\n127.0.1.1 front-door\n');
  t.is(at.read('home/anna/.ssh/authorized_keys'), `${key}\n`);
  t.true(at.ran.includes('useradd --create-home --shell /bin/bash --groups sudo,video,gpio anna'));
  t.true(at.ran.includes('systemctl --no-reload enable ssh.service'));
  t.true(at.ran.includes('ln -sfn /usr/share/zoneinfo/Europe/Berlin /etc/localtime'));
  const wifi = at.read('etc/NetworkManager/system-connections/goby-wifi.nmconnection');
  t.regex(wifi, /^ssid=90;117;104;97;117;115;101;32;38;32;109;101;104;114;$/m);
  t.regex(wifi, /^psk=[0-9a-f]{64}$/m);
  t.is(statSync(at.at('etc/NetworkManager/system-connections/goby-wifi.nmconnection')).mode & 0o777, 0o600);
  t.regex(at.read('etc/modprobe.d/goby-wifi-country.conf'), /regdom=DE\n/);
  t.deepEqual(parse(at.read('var/lib/goby/overrides.yaml')), {
    device: { name: 'Front door' },
    mqtt: {
      broker: 'mqtts://broker.lan:8883',
      username: 'goby',
      passwordFile: '/etc/goby/mqtt-password',
      tls: { caFile: '/etc/goby/mqtt-ca.crt' },
    },
    web: { listen: '0.0.0.0:8971' },
  });
  t.is(at.read('etc/goby/mqtt-password'), '= another # secret\n');
  t.is(statSync(at.at('etc/goby/mqtt-password')).mode & 0o777, 0o640);
  t.is(at.read('etc/goby/mqtt-ca.crt'), certificate);
  const page = at.at('var/lib/goby/web/passwords.json');
  t.is(await openAccounts(page).roleOf('three quiet words'), 'administrator');
  t.is(statSync(page).mode & 0o777, 0o600);
  const left = at.read('../boot/goby.txt');
  t.notRegex(left, /secret|quiet/);
  t.regex(left, /^# wifi_password = \(imported\)$/m);
  t.regex(left, /^wifi_name = Zuhause & mehr$/m);
  t.false(existsSync(at.at('../boot/goby-errors.txt')));
});

test('the key of a network is the one that the standard gives as an example', async (t) => {
  const at = card(t, 'wifi_country = US\nwifi_name = IEEE\nwifi_password = password\n');
  await at.import();
  // IEEE 802.11i-2004, H.4.3.
  t.regex(
    at.read('etc/NetworkManager/system-connections/goby-wifi.nmconnection'),
    /psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e/,
  );
});

test('every mistake is told at once, with its line and an example, and what is right is used', async (t) => {
  const at = card(
    t,
    [
      'divice_name = Front door',
      'device name: Front door',
      'user = Anna',
      'ssh_key = ssh-ed25519 AAAA',
      'wifi_country = Germany',
      'wifi_name = Home',
      'wifi_password = short',
      'time_zone = Berlin',
      'mqtt_address = mqtt://anna:topsecret@broker',
      'mqtt_password = loose secret',
      'colour = red',
      'time_zone = Europe/Berlin',
      'device-name = Garden',
    ].join('\r\n'),
  );
  const { problems, taken } = await at.import();
  t.deepEqual(taken, ['device_name']);
  t.is(at.read('etc/hostname'), 'garden\n');
  for (const sentence of [
    /^Line 1: unknown key divice_name\. Did you mean device_name\?$/,
    /^Line 2: expected KEY = value, found a line without "="/,
    /^Line 3: user: expected a user name: .*, got "Anna"\. Example: user = anna$/,
    /^Line 4: ssh_key: expected a public SSH key, .*, got "ssh-ed25519 AAAA"\./,
    /^Line 5: wifi_country: expected a country code of two letters, got "Germany"\. Example: wifi_country = DE$/,
    /^Line 7: wifi_password: expected a Wi-Fi password of 8 to 63 characters, got something else\./,
    /^Line 8: time_zone: expected a time zone of the tz database, got "Berlin"\./,
    /^Line 9: mqtt_address: expected mqtt:\/\/HOST:PORT .*user and password stand in mqtt_user and mqtt_password/,
    /^Line 11: unknown key colour\. The keys are device_name, user, /,
    /^Line 12: time_zone was set on line 8 already; the first one counts\.$/,
    /^mqtt_password is set and mqtt_user is not: a password goes with a user\./,
  ]) {
    t.is(problems.filter((problem) => sentence.test(problem)).length, 1, `${sentence} in\n${problems.join('\n')}`);
  }
  const report = at.read('../boot/goby-errors.txt');
  t.is(report.split('\r\n').filter((line) => line.startsWith('- ')).length, problems.length);
  t.notRegex(report, /loose|short/);
  t.notRegex(at.read('../boot/goby.txt'), /loose|short/, 'a secret that was wrong goes too');
  t.false(existsSync(at.at('etc/goby/mqtt-password')));
});

test('imported once: an unchanged file does nothing, a mended one clears the report and other overrides stay', async (t) => {
  const at = card(t, 'device_name = ?\nmqtt_address = mqtt://old\nmqtt_user = one\n');
  at.write('var/lib/goby/overrides.yaml', 'log: { level: debug }\nmqtt: { broker: off, username: nobody }\n');
  t.is((await at.import()).problems.length, 1);
  t.is((await at.import()).state, 'unchanged');
  at.write('../boot/goby.txt', 'device_name = Shed\nmqtt_address = mqtt://new\n');
  t.is((await at.import()).state, 'imported');
  t.false(existsSync(at.at('../boot/goby-errors.txt')));
  t.deepEqual(parse(at.read('var/lib/goby/overrides.yaml')), {
    log: { level: 'debug' },
    mqtt: { broker: 'mqtt://new' },
    device: { name: 'Shed' },
  });
});

test('files of every editor: UTF-16 and a byte order mark', async (t) => {
  for (const content of [
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('device_name = Tür', 'utf16le')]),
    Buffer.from('\uFEFFdevice_name = Tür\n'),
  ]) {
    const at = card(t, content);
    t.deepEqual((await at.import()).problems, []);
    t.is(at.read('etc/hostname'), 'tur\n');
  }
});

test('cloud-init: its files are made, what Imager wrote wins, and a conflict is told', async (t) => {
  const at = card(t, whole.replace('mqtt_ca = ca.crt', ''));
  at.write('usr/bin/cloud-init', '');
  at.write('../boot/user-data', '#cloud-config\nhostname: from-imager\n# a comment\n');
  at.write('../boot/network-config', '# nothing yet\n');
  const { problems } = await at.import();
  t.deepEqual(problems, [
    'device_name: user-data, which Raspberry Pi Imager wrote, sets hostname already, and that counts.',
  ]);
  const text = at.read('../boot/user-data');
  t.regex(text, /^#cloud-config\n/);
  const user = parse(text) as {
    hostname: string;
    timezone: string;
    users: { name: string; ssh_authorized_keys: string[] }[];
  };
  t.is(user.hostname, 'from-imager');
  t.is(user.timezone, 'Europe/Berlin');
  t.is(user.users[0]?.name, 'anna');
  t.deepEqual(user.users[0]?.ssh_authorized_keys, [key]);
  const { network } = parse(at.read('../boot/network-config')) as {
    network: { version: number; wifis: { wlan0: { 'regulatory-domain': string; 'access-points': object } } };
  };
  t.is(network.version, 2);
  t.is(network.wifis.wlan0['regulatory-domain'], 'DE');
  t.deepEqual(Object.keys(network.wifis.wlan0['access-points']), ['Zuhause & mehr']);
  t.notRegex(at.read('../boot/network-config'), /long secret/);
  t.false(existsSync(at.at('etc/NetworkManager')), 'the system is left to cloud-init');
  t.true(existsSync(at.at('var/lib/goby/overrides.yaml')), 'the agent is not');
});

test('a missing certificate, time zone or NetworkManager is told, and the rest goes on', async (t) => {
  const at = card(t, whole);
  for (const gone of ['usr/sbin/NetworkManager', 'usr/share/zoneinfo/Europe/Berlin']) {
    rmSync(at.at(gone));
  }
  const { problems } = await at.import();
  t.is(problems.length, 3);
  t.regex(problems[0]!, /^mqtt_ca: the file ca\.crt beside goby\.txt holds no certificate, or isn't there/);
  t.regex(problems[1]!, /this image has no NetworkManager/);
  t.regex(problems[2]!, /this image has no \/usr\/share\/zoneinfo\/Europe\/Berlin/);
  t.is(
    (parse(at.read('var/lib/goby/overrides.yaml')) as { mqtt: { broker: string } }).mqtt.broker,
    'mqtts://broker.lan:8883',
  );
});

test('the example in config/goby.txt sets nothing as it is, and is right where its settings are taken', async (t) => {
  const example = readFileSync(join(places.root, 'config', 'goby.txt'), 'utf8');
  const asItIs = await card(t, example).import();
  t.deepEqual([asItIs.taken, asItIs.problems], [[], []]);
  const at = card(t, example.replace(/^# (?=[a-z_]+ = )/gm, ''));
  at.write('../boot/broker-ca.crt', certificate);
  const { taken, problems } = await at.import();
  t.deepEqual(problems, []);
  t.is(taken.length, 12);
});

test('a damaged overrides file is kept beside and told', async (t) => {
  const at = card(t, 'device_name = Shed\n');
  at.write('var/lib/goby/overrides.yaml', 'a: [');
  const { problems } = await at.import();
  t.is(problems.length, 1);
  t.regex(problems[0]!, /overrides\.yaml was damaged .*overrides\.yaml\.damaged/);
  t.is(at.read('var/lib/goby/overrides.yaml.damaged'), 'a: [');
  t.deepEqual(parse(at.read('var/lib/goby/overrides.yaml')), { device: { name: 'Shed' } });
});

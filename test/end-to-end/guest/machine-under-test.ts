/** The x86-64 guest with goby's package and the files of the test: a chip of gpio-sim, mosquitto. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../../scripts/guest/cache.ts';
import type { NewFile, NewLink } from '../../../scripts/guest/ext4-files.ts';
import type { Machine } from '../../../scripts/guest/machine.ts';
import { gobyPackage, makeDisk, type PreparedGuest, startPc } from '../../../scripts/guest/pc.ts';

/** Photos of persons with a pause between two rounds; times that suit a processor in software. */
const config = `device: { id: guest }
cameras:
  front:
    source: { type: folder, path: /usr/lib/goby/var/photos, framesPerSecond: 1, pauseMs: 15000 }
    labels: [person]
    holdMs: 1000
infer: { deadlineMs: 60000 }
mqtt: { broker: 'mqtt://127.0.0.1:1883' }
publish: { detections: all }
outputs: { led: { line: GPIO17, maxOnMs: 3600000 } }
rules: [{ name: alert, label: person, output: led }]
`;

const unit = `[Service]
TimeoutStartSec=600
TimeoutStopSec=300
WatchdogSec=120
`;

/** The pin's level goes to /run/pin with the second of each change: what the simulator's side sees, not what goby says. */
const watcher = `#!/bin/bash
last=
while sleep 0.2; do
  now=$(cat "$(cat /run/gpio17)" 2>/dev/null)
  if [ "$now" != "$last" ]; then echo "$(cut -d' ' -f1 /proc/uptime) $now" >>/run/pin; last=$now; fi
done
`;

const chip = `#!/bin/sh -e
modprobe gpio-sim
c=/sys/kernel/config/gpio-sim/goby
mkdir -p "$c/bank0/line17"
echo 54 >"$c/bank0/num_lines"
echo pinctrl-bcm2835 >"$c/bank0/label"
echo GPIO17 >"$c/bank0/line17/name"
echo 1 >"$c/live"
echo "/sys/devices/platform/$(cat "$c/dev_name")/$(cat "$c/bank0/chip_name")/sim_gpio17/value" >/run/gpio17
touch /run/pin
setsid /usr/lib/guest/watch-pin >/dev/null 2>&1 &
`;

/** Waits in the guest, so that no state between two looks is missed. */
export const until = (condition: string): string => `until ${condition}; do sleep 1; done`;
export const serviceReady = until('systemctl is-active --quiet goby');
/** The line is high, and was low since line FROM of /run/pin. */
export const pinBecomes = (level: 0 | 1, from: number): string =>
  until(`tail -n +${from + 1} /run/pin | grep -q ' ${level}$'`);

function contractFiles(): (NewFile | NewLink)[] {
  const copied = [
    ...readdirSync(join(repository, 'src/act')).map((name) => `src/act/${name}`),
    ...['src/errors.ts', 'src/near-names.ts', 'src/service/retry.ts'],
    ...['test/act/switch-contract.ts', 'test/end-to-end/guest/switches-on-kernel.ts'],
  ];
  const to = (path: string): string => `/usr/lib/guest/goby/${path}`;
  return [
    ...copied.map((path) => ({ path: to(path), content: readFileSync(join(repository, path), 'utf8') })),
    { path: to('package.json'), content: '{"type":"module"}' },
    { path: to('node_modules/ava/package.json'), content: '{"type":"module","exports":"./index.mjs"}' },
    {
      path: to('node_modules/ava/index.mjs'),
      content: readFileSync(join(repository, 'test/end-to-end/guest/ava-in-node.mjs'), 'utf8'),
    },
    { path: to('node_modules/koffi'), target: '/usr/lib/goby/node_modules/koffi' },
    { path: to('node_modules/onoff'), target: '/usr/lib/goby/node_modules/onoff' },
  ];
}

/** Resolves when the guest takes commands; nothing is installed yet. */
export async function startGuest(guest: PreparedGuest, disk: string, mqttPort: number): Promise<Machine> {
  const deb = await gobyPackage(repository, 'amd64');
  await makeDisk(guest, disk, [
    { path: '/root/goby.deb', content: { file: deb } },
    { path: '/etc/goby/goby.yaml', content: config },
    { path: '/etc/systemd/system/goby.service.d/emulation.conf', content: unit },
    { path: '/etc/mosquitto/conf.d/guest.conf', content: 'listener 1883\nallow_anonymous true\n' },
    { path: '/usr/lib/guest/chip', content: chip, mode: 0o755 },
    { path: '/usr/lib/guest/watch-pin', content: watcher, mode: 0o755 },
    ...contractFiles(),
  ]);
  const machine = await startPc(guest, { disk, mqttPort });
  machine.console.patienceMs = 600_000;
  await machine.console.ready();
  await machine.console.must('/usr/lib/guest/chip');
  return machine;
}

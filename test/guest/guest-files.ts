/** What the x86-64 guest's disk gets beside Debian: goby's package, its settings, a simulated GPIO chip, and tests to run inside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/guest/cache.ts';
import type { NewFile, NewLink } from '../../scripts/guest/ext4-files.ts';

/** Photos of persons with a pause between two rounds, and a camera that isn't there yet; times suit an emulated processor. */
const config = `device: { id: guest }
cameras:
  front:
    source: { type: folder, path: /usr/lib/goby/var/photos, framesPerSecond: 1, pauseMs: 15000 }
    labels: [person]
    holdMs: 1000
    stallTimeoutMs: 120000
  yard:
    source: { type: ffmpeg, input: /dev/video0, widthPx: 320, heightPx: 180, framesPerSecond: 1 }
    labels: [person]
    stallTimeoutMs: 120000
controls: { alarm: { initial: 'off' } }
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

/** A chip as on a Raspberry Pi, with an LED's line and a button's. */
const chip = `#!/bin/sh -e
modprobe gpio-sim
c=/sys/kernel/config/gpio-sim/goby
mkdir -p "$c/bank0/line17" "$c/bank0/line27"
echo 54 >"$c/bank0/num_lines"
echo pinctrl-bcm2835 >"$c/bank0/label"
echo GPIO17 >"$c/bank0/line17/name"
echo GPIO27 >"$c/bank0/line27/name"
echo 1 >"$c/live"
echo "/sys/devices/platform/$(cat "$c/dev_name")/$(cat "$c/bank0/chip_name")/sim_gpio17/value" >/run/gpio17
touch /run/pin
setsid /usr/lib/guest/watch-pin >/dev/null 2>&1 &
`;

export const checkout = '/usr/lib/guest/goby';

/** Sources of this checkout that run inside, by the package's own Node and with its npm packages. */
export function sourceFiles(tests: readonly string[]): (NewFile | NewLink)[] {
  const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`);
  return [
    ...[...sources, ...tests].map((path) => ({
      path: `${checkout}/${path}`,
      content: { file: join(repository, path) },
    })),
    { path: `${checkout}/package.json`, content: readFileSync(join(repository, 'package.json'), 'utf8') },
  ];
}

/** Links to packages that the installed goby has, and the few methods of ava that contract tests use. */
const packageLinks = `#!/bin/sh -e
mkdir -p ${checkout}/node_modules/ava
for path in /usr/lib/goby/node_modules/* ; do ln -sf "$path" ${checkout}/node_modules/; done
cp /usr/lib/guest/ava-in-node.mjs ${checkout}/node_modules/ava/index.mjs
echo '{"type":"module","exports":"./index.mjs"}' >${checkout}/node_modules/ava/package.json
`;

export function guestFiles(deb: string): (NewFile | NewLink)[] {
  return [
    { path: '/root/goby.deb', content: { file: deb } },
    { path: '/etc/goby/goby.yaml', content: config },
    { path: '/etc/systemd/system/goby.service.d/emulation.conf', content: unit },
    { path: '/etc/mosquitto/conf.d/guest.conf', content: 'listener 1883\nallow_anonymous true\n' },
    { path: '/usr/lib/guest/chip', content: chip, mode: 0o755 },
    { path: '/usr/lib/guest/watch-pin', content: watcher, mode: 0o755 },
    { path: '/usr/lib/guest/link-packages', content: packageLinks, mode: 0o755 },
    {
      path: '/usr/lib/guest/ava-in-node.mjs',
      content: { file: join(repository, 'test/guest/ava-in-node.mjs') },
    },
    ...sourceFiles([
      'test/flow/act/switch-contract.ts',
      'test/flow/act/input-contract.ts',
      'test/guest/switches-on-kernel.ts',
      'test/guest/inputs-on-kernel.ts',
      'test/guest/outbox-writer.ts',
      'test/flow/publish/samples.ts',
    ]),
  ];
}

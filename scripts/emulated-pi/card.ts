/** The card that the emulated Pi boots: the image of scripts/image --debian, with the test's console and its camera of photos. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type NewFile, putIntoExt4 } from '../guest/ext4-files.ts';
import { consoleFiles } from '../guest/guest-console.ts';
import { consoleOf } from '../guest/machine.ts';
import { runProgram } from '../guest/run-program.ts';
import { buildImage } from '../sd-card/build-image.ts';
import { extract, putBack, readLayout } from '../sd-card/partitions.ts';

/** SD cards have sizes of powers of two; bigger than the image, so that growing shows. */
const cardMiB = 2048;

/** Imported by the first boot, as from a person. */
export const settings = `device_name = Emulated Pi
user = anna
ssh_key = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8vkRGtN7QP1oS0vWPM0d8Mh0J0gnZFHZ0Ui2i9zkQp anna@laptop
time_zone = Europe/Berlin
mqtt_address = mqtt://127.0.0.1:1883
mqtt_user = goby
mqtt_password = secret of the test
wifi_password = too early
`;

/** What stands in for a board: emulation is some ten times slower, and has no camera. */
export const emulationFiles: readonly NewFile[] = [
  {
    path: '/etc/goby/goby.yaml',
    content: `cameras:
  front:
    source: { type: folder, path: /usr/lib/goby/var/photos, framesPerSecond: 1, pauseMs: 20000 }
    labels: [person]
    holdMs: 8000
publish: { detections: all }
outputs: { led: { line: GPIO17, maxOnMs: 600000 } }
rules: [{ name: alert, label: person, output: led }]
`,
  },
  {
    path: '/etc/systemd/system/goby.service.d/emulation.conf',
    content: `[Service]
Environment=GOBY__INFER__DEADLINEMS=60000
TimeoutStartSec=900
TimeoutStopSec=300
WatchdogSec=300
`,
  },
  { path: '/etc/mosquitto/conf.d/test.conf', content: 'listener 1883\nallow_anonymous true\n' },
];

export interface Card {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly deviceTree: string;
}

const bootFiles = ['vmlinuz', 'initrd', 'bcm2837-rpi-3-b.dtb'] as const;

/** The card that `makeCard` left in a folder. */
export function cardIn(folder: string): Card {
  const [kernel, initrd, deviceTree] = bootFiles;
  return {
    disk: join(folder, 'card.img'),
    kernel: join(folder, kernel),
    initrd: join(folder, initrd),
    deviceTree: join(folder, deviceTree),
  };
}

/** @throws Trouble */
export async function makeCard(folder: string, deb: string, onStep: (note: string) => void): Promise<Card> {
  await mkdir(folder, { recursive: true });
  const disk = join(folder, 'card.img');
  await buildImage({ output: disk, deb, settings, force: true, onStep });
  const layout = await readLayout(disk);
  const work = await mkdtemp(join(tmpdir(), 'goby-card-'));
  try {
    const boot = join(work, 'boot.fat');
    await extract(disk, layout.boot, boot);
    for (const name of bootFiles) await runProgram('mcopy', ['-o', '-i', boot, `::${name}`, join(dirname(disk), name)]);
    const root = join(work, 'root.ext4');
    await extract(disk, layout.root, root);
    await putIntoExt4(root, [...consoleFiles(consoleOf.raspi3b), ...emulationFiles]);
    await putBack(root, layout.root, disk);
    await runProgram('truncate', ['-s', `${cardMiB}M`, disk]);
    return cardIn(folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

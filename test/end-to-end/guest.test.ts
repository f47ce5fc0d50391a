/** goby's package on a real systemd: an x86-64 guest with a real kernel's GPIO and mosquitto. One machine, one test after the other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Machine } from '../../scripts/guest/machine.ts';
import { preparedGuest } from '../../scripts/guest/pc.ts';
import { serialTestRequiring } from '../requiring.ts';
import { pinBecomes, serviceReady, startGuest } from './guest/machine-under-test.ts';
import { observe } from './program.ts';
import { freePort } from './workplace.ts';

const guest = await preparedGuest();
const needs = [{ kind: 'guest', prepared: guest !== undefined }] as const;
let machine: Machine;
let folder: string;
let port: number;

test.before(async (t) => {
  if (guest === undefined) return;
  t.timeout(600_000);
  folder = await mkdtemp(join(tmpdir(), 'goby-guest-disk-'));
  port = await freePort();
  machine = await startGuest(guest, join(folder, 'disk.img'), port);
});

test.after.always(async () => {
  await machine?.kill();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** How many changes of the pin were seen so far. */
async function pinChanges(): Promise<number> {
  return Number(await machine.console.must('wc -l </run/pin'));
}

function guestTest(title: string, body: Parameters<typeof serialTestRequiring>[2]): void {
  serialTestRequiring(needs, `guest: ${title}`, (t) => {
    t.timeout(900_000);
    return body(t);
  });
}

guestTest('the package installs without a question and its service gets ready', async (t) => {
  const { console: shell } = machine;
  const install = 'DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /root/goby.deb </dev/null';
  const { code, text } = await shell.run(install);
  t.is(code, 0, text);
  await shell.must(serviceReady);
  t.is(await shell.must('systemctl show goby -p User --value'), 'goby');
});

guestTest('both GPIO adapters keep the contract on a real kernel', async (t) => {
  const { console: shell } = machine;
  await shell.must('systemctl stop goby');
  const { code, text } = await shell.run(
    'cd /usr/lib/guest/goby && /usr/lib/goby/node test/end-to-end/guest/switches-on-kernel.ts',
  );
  t.is(code, 0, text);
  t.regex(text, /gpiochip on a kernel: a taken line gives a sentence/);
  t.regex(text, /onoff on a kernel: follows set\(\)/);
  t.regex(text, /# fail 0|fail 0/);
});

guestTest('a person on a photo is told over MQTT to the outside, and GPIO17 goes high and low', async (t) => {
  const seen = observe(port, 'goby/guest/front/detections');
  t.teardown(() => seen.end());
  const { console: shell } = machine;
  const before = await pinChanges();
  await shell.must('systemctl start goby');
  await shell.must(pinBecomes(1, before));
  const high = await pinChanges();
  await shell.must(pinBecomes(0, high));
  await shell.must(pinBecomes(1, high));
  const [, payload] = await seen.line(/^goby\/guest\/front\/detections (.*"person".*)$/);
  const { backend, detections } = JSON.parse(payload!) as { backend: string; detections: { label: string }[] };
  t.regex(backend, /cpu/);
  t.true(detections.some(({ label }) => label === 'person'));
  t.log(`GPIO17: ${(await shell.must('cat /run/pin')).replaceAll('\n', ', ')}`);
});

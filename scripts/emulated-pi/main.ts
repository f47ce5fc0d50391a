/** `scripts/try-on-pi`: builds the card, boots it as a Raspberry Pi 3B, and prints what the pin did, read from outside. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { cacheFolder, repository } from '../guest/cache.ts';
import { gobyPackage } from '../guest/goby-package.ts';
import { missingPrograms, Trouble } from '../guest/run-program.ts';
import { TrialSteps } from '../guest/trial-steps.ts';
import { cardIn, makeCard } from './card.ts';
import type { PinChange } from './pin-watch.ts';
import { pinLine, trial } from './trial.ts';

const usage = `Usage: scripts/try-on-pi [--deb FILE] [--persist | --no-persist] [--again] [--patience SECONDS] [--json]

Boots the image of scripts/image --debian on QEMU's Raspberry Pi 3B: goby installs itself and reads goby.txt, photos of
persons stand in for a camera, a detection is heard over MQTT outside, and GPIO17 goes high and low; its registers are read
through QEMU's monitor. Its worker is stopped, and goby is killed (SIGKILL) while the pin is high. Twice: on a kernel that
takes released pins back, and on one that keeps them, as Raspberry Pi's own do. A step that fails is told, and the rest are
still tried. Times are those of an emulator, never of a Pi.

  --deb         the arm64 package (default: built by scripts/package)
  --persist     only on a kernel that keeps released pins; --no-persist: only on the other
  --again       boot the card as the last run left it: nothing is built, and goby is installed already
  --patience    how long anything may take (default: 1500)
  --json        print the results as JSON

Needs Debian's qemu-system-arm and what scripts/image --debian needs. The first time Debian's packages are fetched and set
up for arm64, which takes minutes.

Example:
  scripts/try-on-pi`;

// What ends with the process, as the emulated machine does, ends also when the process is told to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

try {
  const { values } = parseArgs({
    options: {
      deb: { type: 'string' },
      persist: { type: 'boolean' },
      'no-persist': { type: 'boolean' },
      patience: { type: 'string', default: '1500' },
      json: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else {
    const modes = values.persist ? [true] : values['no-persist'] ? [false] : [false, true];
    await tryOnPi({
      modes,
      patienceMs: Number(values.patience) * 1000,
      json: values.json,
      again: values.again,
      ...(values.deb ? { deb: resolve(values.deb) } : {}),
    });
  }
} catch (error) {
  if (error instanceof Trouble || (error instanceof TypeError && 'code' in error)) {
    console.error(`try-on-pi: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
}

interface Options {
  readonly modes: readonly boolean[];
  readonly patienceMs: number;
  readonly json: boolean;
  readonly again: boolean;
  readonly deb?: string;
}

async function tryOnPi({ modes, patienceMs, json, again, deb }: Options): Promise<void> {
  const [missing] = await missingPrograms(['qemu-system-aarch64']);
  if (missing !== undefined) throw new Trouble(`${missing} is not installed. Mend: sudo apt install qemu-system-arm`);
  const tell = (note: string): void => console.error(note);
  const folder = join(cacheFolder(), 'emulated-pi');
  const card = again
    ? cardIn(folder)
    : await makeCard(folder, deb ?? (await gobyPackage(repository, 'arm64', tell)), tell);
  const steps = new TrialSteps(tell);
  const pins: { persist: boolean; changes: readonly PinChange[] }[] = [];
  for (const persist of modes) {
    console.error(`A Raspberry Pi 3B starts${persist ? ', with a kernel that keeps released pins' : ''}`);
    const pin = await trial({ card, persist, whole: !persist, patienceMs, mqttPort: await freePort(), steps, tell });
    pins.push({ persist, changes: pin.changes });
  }
  if (json) console.log(JSON.stringify({ steps: steps.results, pins }, undefined, 2));
  else {
    for (const { persist, changes } of pins) {
      console.log(`GPIO17, read from outside${persist ? ', with a kernel that keeps released pins' : ''}:`);
      for (const change of changes) console.log(`  ${pinLine(change)}`);
    }
    console.log('Times are those of an emulator, never of a Pi.');
    console.log(steps.table);
  }
  process.exitCode = steps.counts.failed === 0 ? 0 : 1;
}

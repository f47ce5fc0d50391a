/** `scripts/try-on-pi`: builds the card, boots it as a Raspberry Pi 3B, and prints what the pin did, read from outside. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder, repository } from '../guest/cache.ts';
import { gobyPackage } from '../guest/goby-package.ts';
import { missingPrograms, Trouble } from '../guest/run-program.ts';
import { makeCard } from './card.ts';
import { trial } from './trial.ts';

const usage = `Usage: scripts/try-on-pi [--deb FILE] [--persist | --no-persist] [--patience SECONDS] [--json]

Boots the image of scripts/image --debian on QEMU's Raspberry Pi 3B: goby installs itself and reads goby.txt, photos of
persons stand in for a camera, a detection goes out over MQTT, and GPIO17 goes high and low; its registers are read through
QEMU's monitor. Then goby is killed (SIGKILL) while the pin is high. Twice: on a kernel that takes released pins back, and
on one that keeps them, as Raspberry Pi's own do. Times are those of an emulator, never of a Pi.

  --deb         the arm64 package (default: built by scripts/package)
  --persist     only on a kernel that keeps released pins; --no-persist: only on the other
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
      ...(values.deb ? { deb: resolve(values.deb) } : {}),
    });
  }
} catch (error) {
  if (error instanceof Trouble || (error instanceof TypeError && 'code' in error)) {
    console.error(`try-on-pi: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
}

async function tryOnPi(options: { modes: boolean[]; patienceMs: number; json: boolean; deb?: string }): Promise<void> {
  const [missing] = await missingPrograms(['qemu-system-aarch64']);
  if (missing !== undefined) throw new Trouble(`${missing} is not installed. Mend: sudo apt install qemu-system-arm`);
  const tell = (note: string): void => console.error(note);
  const deb = options.deb ?? (await gobyPackage(repository, 'arm64', tell));
  const card = await makeCard(join(cacheFolder(), 'emulated-pi'), deb, tell);
  for (const persist of options.modes) {
    console.error(`A Raspberry Pi 3B starts${persist ? ', with a kernel that keeps released pins' : ''}`);
    const result = await trial({ card, persist, patienceMs: options.patienceMs, tell });
    if (options.json) console.log(JSON.stringify({ persist, ...result }, undefined, 2));
    else {
      for (const [name, text] of Object.entries(result.facts))
        console.log(`${name}:\n  ${text.replaceAll('\n', '\n  ')}`);
      console.log(`boot to first detection: ${result.firstDetectionS} s (emulated)`);
      console.log(`memory: ${result.memory.replaceAll('\n', '; ')}`);
      console.log('GPIO17, read from outside:');
      for (const { atS, direction, level, high } of result.pin)
        console.log(
          `  ${atS.toFixed(1).padStart(7)} s  ${direction.padEnd(6)} level ${level ? 1 : 0}  ${high ? 'HIGH' : ''}`,
        );
    }
  }
}

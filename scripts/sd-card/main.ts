/** `scripts/image`: options, steps with their time, one sentence for what goes wrong. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { repository } from '../guest/cache.ts';
import { gobyPackage } from '../guest/goby-package.ts';
import { Trouble } from '../guest/run-program.ts';
import { buildImage } from './build-image.ts';
import { type ImageOptions, parseOptions, usage } from './options.ts';

const startedMs = performance.now();

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
  else await build(options);
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(`image: ${error.message}`);
  process.exitCode = 1;
}

async function build({ source, output, deb, settings, force }: ImageOptions): Promise<void> {
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { version: string };
  const kind = source === undefined ? '-emulator' : '';
  const to = resolve(output ?? join(repository, 'var/images', `goby-${version}${kind}.img`));
  const text = settings === undefined ? undefined : await readSettings(settings);
  const { base, bytes } = await buildImage({
    output: to,
    deb: deb ?? (await gobyPackage(repository, 'arm64', tell)),
    force,
    onStep: tell,
    ...(source === undefined ? {} : { source }),
    ...(text === undefined ? {} : { settings: text }),
  });
  console.log(`${to}: ${Math.round(bytes / 2 ** 20)} MiB, ${base}, with goby ${version}`);
  if (source === undefined) console.log('For the emulator only: scripts/try-on-pi starts it.');
  else
    console.log('Write it to a card with Raspberry Pi Imager (Use custom), then edit goby.txt on its boot partition.');
}

function readSettings(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new Trouble(`There is no settings file ${file}.`);
  });
}

function tell(note: string): void {
  console.error(`${String(Math.round((performance.now() - startedMs) / 1000)).padStart(4)} s  ${note}`);
}

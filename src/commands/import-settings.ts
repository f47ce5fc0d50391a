/** `goby import-settings`: goby.txt of the boot partition into the system; the first-boot service of an image runs it. */
import { Command } from 'commander';
import { InputError } from '../errors.ts';
import { type ImportOutcome, importSettings } from '../system/first-boot/import-settings.ts';
import { createTarget } from '../system/first-boot/target.ts';

export interface ImportSettingsOptions {
  readonly boot: string;
  readonly root: string;
  readonly json?: boolean;
}

export function importSettingsCommand(): Command {
  return new Command('import-settings')
    .description('take the settings of goby.txt on the boot partition; mistakes go to goby-errors.txt beside it')
    .option('--boot <folder>', 'the mounted boot partition', '/boot/firmware')
    .option('--root <folder>', 'the system to change', '/')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sudo goby import-settings\n  sudo goby import-settings --boot /media/bootfs --json\n\n' +
        'A goby.txt with mistakes is no failure: what is right is used, and the rest is told.',
    )
    .action(async ({ boot, root, json = false }: ImportSettingsOptions) => {
      if (root === '/' && process.getuid?.() !== 0) {
        throw new InputError('Settings of the system are changed by root only.', { remedy: 'Use sudo.' });
      }
      const notRun: string[] = [];
      const target = createTarget(root, (program, args) => notRun.push([program, ...args].join(' ')));
      const outcome = await importSettings(boot, target);
      if (json) console.log(JSON.stringify({ ...outcome, notRun }, undefined, 2));
      else printOutcome(outcome, boot, notRun);
    });
}

function printOutcome({ state, taken, problems }: ImportOutcome, boot: string, notRun: readonly string[]): void {
  if (state === 'absent') console.log(`There is no goby.txt in ${boot}: nothing to import.`);
  else if (state === 'unchanged') console.log('goby.txt is as it was when it was imported: nothing to do.');
  else {
    console.log(taken.length === 0 ? 'goby.txt sets nothing.' : `Taken from goby.txt: ${taken.join(', ')}.`);
    for (const problem of problems) console.log(problem);
    for (const command of notRun) console.log(`Not run, as this isn't the running system: ${command}`);
  }
}

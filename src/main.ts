/** argv -> command -> exit code, nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { commands } from './commands/all.ts';
import { leaveRoot } from './commands/options/leave-root.ts';
import { findPlaces } from './config/places.ts';
import { exitCode, isExpected } from './errors.ts';
import { maskAddresses } from './text/addresses.ts';

const { version } = JSON.parse(readFileSync(join(findPlaces().root, 'package.json'), 'utf8')) as { version: string };

const program = new Command('goby')
  // Options behind the name of a command are that command's: bench far --json isn't bench --json.
  .enablePositionalOptions()
  .description('Edge-vision agent: camera frames in, detections over MQTT and GPIO out.')
  .version(version)
  .exitOverride()
  // What stands behind a command is the command's, whole: it decides itself what of it is a subcommand's.
  .enablePositionalOptions()
  .showHelpAfterError('(goby --help lists the commands, goby COMMAND --help explains one)');
for (const command of await commands(process.argv[2])) {
  program.addCommand(command.copyInheritedSettings(program));
  // Options behind the name of a subcommand are the command's too, but for bench, which has other ones of the same names.
  command.enablePositionalOptions(command.name() === 'bench');
  for (const below of command.commands) below.copyInheritedSettings(command);
}

let became: string | undefined;
program.hook('preAction', (_program, command) => {
  became = leaveRoot(command);
});

// A reader that has seen enough, such as head, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  } else if (isExpected(error)) {
    console.error(`goby: ${maskAddresses(error.message)}`);
    if (became !== undefined) console.error(`goby: it was tried as the user ${became}, who owns goby's state folder.`);
    process.exitCode = error.exitCode;
  } else {
    console.error(maskAddresses(inspect(error)));
    process.exitCode = exitCode.failed;
  }
}

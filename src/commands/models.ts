/** `goby models`: what the catalog offers, what is on this machine, fetching it and checking it. */
import { Command } from 'commander';
import { infoCommand } from './models/info.ts';
import { inspectCommand } from './models/inspect.ts';
import { listCommand } from './models/list.ts';
import { pullCommand } from './models/pull.ts';
import { tryCommand } from './models/try.ts';
import { verifyCommand } from './models/verify.ts';

export function modelsCommand(): Command {
  return new Command('models')
    .description('list, fetch, check, inspect and try models')
    .addHelpText(
      'after',
      '\nExamples:\n  goby models list\n  goby models pull mobilenet_v2_1.0_224_quant\n  goby models verify',
    )
    .addCommand(listCommand())
    .addCommand(pullCommand())
    .addCommand(infoCommand())
    .addCommand(verifyCommand())
    .addCommand(inspectCommand())
    .addCommand(tryCommand());
}

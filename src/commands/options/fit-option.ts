/** --fit, as every command that runs a model on photos takes it. */
import { type Command, Option } from 'commander';
import type { Fit } from '../../models/model.ts';

export interface FitOptions {
  readonly fit: Fit | 'auto';
}

export function addFitOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--fit <fit>',
      "how photos are put into the model's input; auto: as the model is trained, like the agent",
    )
      .choices(['auto', 'letterbox', 'stretch'])
      .default('auto'),
  );
}

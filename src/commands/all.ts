/** Every command of goby, in the order the help shows them. */
import type { Command } from 'commander';
import { benchCommand } from './bench.ts';
import { captureDatasetCommand } from './capture-dataset.ts';
import { checkConfigCommand } from './check-config.ts';
import { classifyCommand } from './classify.ts';
import { compareCommand } from './compare.ts';
import { convertCommand } from './convert.ts';
import { detectCommand } from './detect.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { importSettingsCommand } from './import-settings.ts';
import { modelsCommand } from './models.ts';
import { notifyCommand } from './notify.ts';
import { outputsCommand } from './outputs.ts';
import { runCommand } from './run.ts';
import { trainCommand } from './train.ts';
import { webCommand } from './web.ts';

export function commands(): Command[] {
  return [
    runCommand(),
    doctorCommand(),
    checkConfigCommand(),
    modelsCommand(),
    classifyCommand(),
    detectCommand(),
    captureDatasetCommand(),
    convertCommand(),
    evaluateCommand(),
    trainCommand(),
    compareCommand(),
    outputsCommand(),
    notifyCommand(),
    webCommand(),
    importSettingsCommand(),
    benchCommand(),
  ];
}

/**
 * Every command of goby, in the order the help shows them. Each is imported when it is asked for: the agent, which runs for months,
 * shall not hold what trains and converts in memory.
 */
import type { Command } from 'commander';

const commandsByName: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  'check-config': async () => (await import('./check-config.ts')).checkConfigCommand(),
  models: async () => (await import('./models.ts')).modelsCommand(),
  classify: async () => (await import('./classify.ts')).classifyCommand(),
  detect: async () => (await import('./detect.ts')).detectCommand(),
  'capture-dataset': async () => (await import('./capture-dataset.ts')).captureDatasetCommand(),
  convert: async () => (await import('./convert.ts')).convertCommand(),
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand(),
  train: async () => (await import('./train.ts')).trainCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  outputs: async () => (await import('./outputs.ts')).outputsCommand(),
  notify: async () => (await import('./notify.ts')).notifyCommand(),
  web: async () => (await import('./web.ts')).webCommand(),
  'import-settings': async () => (await import('./import-settings.ts')).importSettingsCommand(),
  bench: async () => (await import('./bench.ts')).benchCommand(),
};

/** @param asked the first argument of the program: where it names a command, that one alone; otherwise, as for the help, all */
export function commands(asked?: string): Promise<Command[]> {
  const one = asked !== undefined && Object.hasOwn(commandsByName, asked) ? commandsByName[asked] : undefined;
  const loads = one === undefined ? Object.values(commandsByName) : [one];
  return Promise.all(loads.map((load) => load()));
}

/** `goby check-config`: is the configuration right, and where does each value come from? */
import { Command } from 'commander';
import { labelReport } from '../agent/model-swap/label-report.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { secretAdvice } from '../config/secret-advice.ts';
import { configWarnings } from '../config/warnings.ts';
import { ConfigError } from '../errors.ts';
import { table } from '../terminal/table.ts';
import { ownModelVerdicts } from '../workshop/inspect/own-models.ts';

export function checkConfigCommand(): Command {
  return new Command('check-config')
    .description('check a configuration and show where each value comes from')
    .argument('[file]', 'configuration file (default: /etc/goby/goby.yaml if there)')
    .option('--json', 'print the whole resulting configuration as JSON')
    .addHelpText(
      'after',
      `
Labels are held against those of each camera's model, where they are known on this machine.

Examples:
  goby check-config /etc/goby/goby.yaml
  GOBY__MQTT__BROKER=off goby check-config --json

Exit code: 0 when it can be used, 78 when not.`,
    )
    .action(async (file: string | undefined, { json = false }: { json?: boolean }) => {
      const loaded = loadConfig({ file });
      const warnings = [
        ...configWarnings(loaded.config).map(({ key, message }) => `${key}: ${message}`),
        ...secretAdvice(loaded),
        ...(await labelWarnings(loaded)),
      ];
      warnings.push(...(await modelWarnings(loaded, warnings)));
      if (json) {
        console.log(JSON.stringify(loaded.config, undefined, 2));
        return;
      }
      const rows = leaves(loaded.config).map(({ key, path, value }) => [
        key,
        JSON.stringify(value),
        loaded.originOf(path),
      ]);
      console.log(table(['key', 'value', 'from'], rows));
      const { refused, trial } = loaded.overrides;
      if (refused !== undefined) console.log(`\n${refused}\nThey are left out.`);
      if (trial !== undefined) console.log(`\nThe settings changed at ${trial.since} have yet to prove themselves.`);
      if (warnings.length > 0) console.log(['\nWorth a look:', ...warnings].join('\n  '));
      console.log(`\n${loaded.file ?? 'The built-in configuration'} can be used.`);
    });
}

/** Models of the user's own that the library here refuses, or that their file says something of. What was told already is left out. */
async function modelWarnings(loaded: LoadedConfig, told: readonly string[]): Promise<string[]> {
  const verdicts = await ownModelVerdicts(loaded);
  return verdicts
    .flatMap(({ name, problem, notes }) =>
      [...(problem === undefined ? [] : [problem]), ...notes].map((what) => ({ name, what })),
    )
    .filter(({ what }) => !told.some((line) => line.includes(what)))
    .map(({ name, what }) => `model ${name}: ${what}`);
}

/**
 * What is worth a look, a line each: labels that models lack, and models that can't be looked at.
 * @throws ConfigError for a model that nothing is called
 */
async function labelWarnings(loaded: LoadedConfig): Promise<string[]> {
  const reports = await labelReport(loaded);
  const none = reports
    .filter(({ isNoModel }) => isNoModel)
    .map(({ camera, problem }) => `  cameras.${camera}.model: ${problem}`);
  if (none.length > 0) throw new ConfigError(`The configuration names models that there are not:\n${none.join('\n')}`);
  return reports.flatMap(({ camera, unknown, problem }) => [
    ...unknown.map(({ sentence }) => sentence),
    ...(problem === undefined ? [] : [`cameras.${camera}.model: ${problem} Its labels are not checked.`]),
  ]);
}

interface Leaf {
  readonly key: string;
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

/** Every single value with its path; lists of plain values count as one. */
function leaves(value: unknown, path: readonly PropertyKey[] = [], key = ''): Leaf[] {
  if (Array.isArray(value) && value.some((entry) => typeof entry === 'object')) {
    return value.flatMap((entry, index) => leaves(entry, [...path, index], `${key}[${index}]`));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, entry]) =>
      leaves(entry, [...path, name], key === '' ? name : `${key}.${name}`),
    );
  }
  return [{ key, path, value }];
}

/** `goby check-config`: is the configuration right, and where does each value come from? */
import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { problemsText } from '../config/messages.ts';
import { configWarnings } from '../config/warnings.ts';
import { table } from '../terminal/table.ts';

export function checkConfigCommand(): Command {
  return new Command('check-config')
    .description('check a configuration and show where each value comes from')
    .argument('[file]', 'configuration file (default: /etc/goby/goby.yaml if there)')
    .option('--json', 'print the whole resulting configuration as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  goby check-config /etc/goby/goby.yaml\n  GOBY__MQTT__BROKER=off goby check-config --json\n\nExit code: 0 when it can be used, 78 when not.',
    )
    .action((file: string | undefined, { json = false }: { json?: boolean }) => {
      const loaded = loadConfig({ file });
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
      const warnings = configWarnings(loaded.config);
      if (warnings.length > 0) console.log(`\nWorth a look:\n${problemsText(warnings)}`);
      console.log(`\n${loaded.file ?? 'The built-in configuration'} can be used.`);
    });
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

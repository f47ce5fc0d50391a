/** Are the commands, options and npm scripts that documents name there? */
import { type Document, type Problems, told } from './document.ts';
import { shellCommands } from './shell.ts';

export interface CommandFacts {
  readonly name: string;
  readonly options: readonly { readonly long?: string; readonly short?: string }[];
  readonly arguments: readonly object[];
  readonly commands: readonly CommandFacts[];
}

export interface KnownCommands {
  readonly tree: readonly CommandFacts[];
  readonly npmScripts: readonly string[];
  /** Options of programs beside goby, as their sources write them. */
  readonly scriptSources: string;
}

const always = ['--help', '--version', '-h', '-V'];

export function commandProblems(document: Document, known: KnownCommands): Problems {
  return [
    ...shellCommands(document).flatMap((command) =>
      wrongWords(command.words, known).map((why) => told(document, command, why)),
    ),
    ...document.spans
      .filter(({ text }) => text.startsWith('--'))
      .flatMap((span) => {
        const option = optionOf(span.text.split(' ')[0]!);
        const isThere =
          everyOption(known.tree).has(option) || new RegExp(`${option}(?![\\w-])`).test(known.scriptSources);
        return isThere ? [] : [told(document, span, `no command has an option ${option}`)];
      }),
  ];
}

function wrongWords([program, ...words]: readonly string[], known: KnownCommands): string[] {
  if (program === 'goby') return wrongCommand(words, known.tree, 'goby');
  if (program !== 'npm') return [];
  const [verb = '', script = ''] = words;
  const name = verb === 'run' ? script : verb;
  const isOwn = verb === 'run' || verb === 'test' || verb === 'start';
  return isOwn && !known.npmScripts.includes(name) ? [`package.json has no script ${name}`] : [];
}

function wrongCommand(words: readonly string[], tree: readonly CommandFacts[], parents: string): string[] {
  const [name, ...rest] = words;
  // Named alone, by a placeholder, or with an option of its own.
  if (name === undefined || /^[A-Z]+$/.test(name) || always.includes(name)) return [];
  const command = tree.find((one) => one.name === name);
  if (command === undefined) return [`there is no command ${parents} ${name}`];
  const below = rest[0];
  const isBelow = command.commands.length > 0 && below !== undefined && /^[a-z]/.test(below);
  if (isBelow) return wrongCommand(rest, command.commands, `${parents} ${name}`);
  const options = [...always, ...optionsOf(command)];
  return rest
    .filter((word) => /^-{1,2}[a-z]/i.test(word))
    .map(optionOf)
    .filter((word) => !options.includes(word))
    .map((word) => `${parents} ${name} has no option ${word}`);
}

/** Underscores are taken for hyphens, as in the lines of retrain.py. */
function optionOf(word: string): string {
  return word.replace(/=.*$/, '').replaceAll('_', '-');
}

function optionsOf({ options }: CommandFacts): string[] {
  return options.flatMap(({ long, short }) => [long, short]).filter((flag) => flag !== undefined);
}

function everyOption(tree: readonly CommandFacts[]): Set<string> {
  return new Set([...always, ...tree.flatMap((command) => [...optionsOf(command), ...everyOption(command.commands)])]);
}

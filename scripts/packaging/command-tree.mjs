/** The commands of goby as plain data, for the manual page and for completion. */

/**
 * @typedef {object} CommandFacts
 * @property {string} name
 * @property {string} usage such as `goby models pull [options] [names...]`
 * @property {string} description
 * @property {{ flags: string, long?: string, short?: string, takesValue: boolean, isFile: boolean, choices: readonly string[], description: string }[]} options
 * @property {{ name: string, description: string }[]} arguments
 * @property {string} after text after the help: examples, exit codes
 * @property {CommandFacts[]} commands
 */

/**
 * @param {readonly import('commander').Command[]} commands
 * @returns {CommandFacts[]}
 */
export function commandTree(commands, parents = 'goby') {
  return commands.map((command) => ({
    name: command.name(),
    usage: `${parents} ${command.name()} ${command.usage()}`.trim(),
    description: command.description(),
    options: command.options
      .filter(({ hidden }) => !hidden)
      .map((option) => ({
        flags: option.flags,
        long: option.long,
        short: option.short,
        takesValue: option.required || option.optional,
        isFile: /<(file|folder|path|output|graph|dataset)[^>]*>/i.test(option.flags),
        choices: option.argChoices ?? [],
        description: option.description,
      })),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
    })),
    after: textAfterHelp(command),
    commands: commandTree(command.commands, `${parents} ${command.name()}`),
  }));
}

/** Commander keeps these texts to itself until it prints the help. */
function textAfterHelp(command) {
  let text = '';
  const { writeOut } = command.configureOutput();
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
  });
  command.outputHelp();
  command.configureOutput({ writeOut });
  return text.slice(command.helpInformation().length).trim();
}

/** Options as people paste them from TensorFlow's documentation: underscores, `=True`, names and values of its programs. */
import type { Command, Option } from 'commander';

/** How other programs' options are said in goby's. Names are without dashes in front, with dashes inside. */
export interface Dialect {
  /** Their name -> goby's. */
  readonly names?: Readonly<Record<string, string>>;
  /** goby's name -> their value -> goby's value. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What has no meaning here, and whether a value follows. */
  readonly ignored?: Readonly<Record<string, 'flag' | 'value'>>;
  /** Last changes, once every name is goby's; for options of theirs that are one of goby's only together. */
  readonly finish?: (options: readonly GivenOption[]) => readonly GivenOption[];
}

export interface GivenOption {
  /** Absent: an argument that is no option. */
  readonly name?: string;
  /** Absent: a flag. */
  readonly value?: string;
}

/** Lets a command take pasted lines. What is left out is told on stderr. */
export function takePasted(command: Command, dialect: Dialect): Command {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => {
    const { plain, leftOut } = plainArguments(command.options, dialect, args);
    if (leftOut.length > 0) {
      console.error(
        `goby: ${leftOut.join(', ')} ${leftOut.length > 1 ? 'mean' : 'means'} nothing here and ${leftOut.length > 1 ? 'are' : 'is'} left out.`,
      );
    }
    return parse(plain);
  };
  return command;
}

/** @param options those of the command @returns the same line in goby's words, and what had to be left out of it */
export function plainArguments(
  options: readonly Option[],
  dialect: Dialect,
  args: readonly string[],
): { plain: string[]; leftOut: string[] } {
  const { names = {}, values = {}, ignored = {}, finish = (all) => all } = dialect;
  const known = new Map(options.filter(({ negate }) => !negate).map((option) => [option.long?.slice(2), option]));
  const given: GivenOption[] = [];
  const leftOut: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at]!;
    const [, written, inline] = /^--([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (arg === '--') {
      given.push(...args.slice(at).map((value) => ({ value })));
      break;
    }
    if (written === undefined) {
      given.push({ value: arg });
      continue;
    }
    const dashed = written.replaceAll('_', '-');
    const name = names[dashed] ?? dashed;
    const option = known.get(name);
    const isTheirs = names[dashed] !== undefined;
    const kind = option === undefined && !isTheirs ? ignored[name] : undefined;
    const isFlag = kind === 'flag' || (option?.isBoolean() ?? false);
    const isKnown = option !== undefined || isTheirs || kind !== undefined;
    const takesNext = isKnown && inline === undefined && follows(args[at + 1], { isFlag, option });
    const value = inline ?? (takesNext ? args[at + 1] : undefined);
    if (takesNext) at += 1;
    if (kind !== undefined) {
      leftOut.push(`--${written}`);
    } else if (isFlag) {
      if (!/^(false|0)$/i.test(value ?? '')) given.push({ name });
      else if (options.some(({ long }) => long === `--no-${name}`)) given.push({ name: `no-${name}` });
    } else if (!isKnown) {
      // Unknown: passed on as it was typed, for the message about it.
      given.push({ value: arg });
    } else {
      given.push({ name, ...(value === undefined ? {} : { value: values[name]?.[value] ?? value }) });
    }
  }
  return { plain: finish(given).flatMap(written), leftOut };
}

/** Whether the next argument is the value of an option. */
function follows(
  next: string | undefined,
  { isFlag, option }: { isFlag: boolean; option: Option | undefined },
): boolean {
  if (next === undefined) return false;
  if (isFlag) return /^(true|false)$/i.test(next);
  return option?.required === true || !next.startsWith('--');
}

/** A value of its own argument would be taken for an option where it begins with a dash. */
function written({ name, value }: GivenOption): string[] {
  if (name === undefined) return [value!];
  return [value === undefined ? `--${name}` : `--${name}=${value}`];
}

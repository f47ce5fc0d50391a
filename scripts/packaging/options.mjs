/** The command line of scripts/package. */
import { parseArgs } from 'node:util';
import { Trouble } from '../bootstrap/trouble.mjs';
import { architectures } from './architectures.mjs';

const usage = `Usage: scripts/package [--arch arm64|amd64|all] [--output FOLDER] [--fast] [--json]

Builds goby_VERSION_ARCHITECTURE.deb: goby with its own Node, its npm packages, the TensorFlow Lite library and the
default model, for Debian 12 or newer and Raspberry Pi OS (64-bit). The same checkout gives the same bytes.

  --arch     one architecture (default: all)
  --output   where the packages go (default: var/packages)
  --fast     light compression: for trying out
  --json     print the result as JSON
  --help     this text

SOURCE_DATE_EPOCH sets the time of all files; without it the last commit does.
Needs Debian's dpkg and g++, for another architecture its cross compiler; npm's registry for what isn't in npm's cache.

Examples:
  scripts/package
  scripts/package --arch arm64 --output /tmp`;

/**
 * @param {readonly string[]} args
 * @returns {{ help: string } | { chosen: readonly import('./architectures.mjs').Architecture[], output?: string, fast: boolean, json: boolean }}
 * @throws Trouble
 */
export function parseOptions(args) {
  const { values } = parse(args);
  if (values.help) return { help: usage };
  const chosen = architectures.filter(({ debian }) => values.arch === 'all' || values.arch === debian);
  if (chosen.length === 0)
    throw new Trouble(`--arch: expected arm64, amd64 or all, found "${values.arch}". Example: --arch arm64`, 64);
  return { chosen, output: values.output, fast: values.fast, json: values.json };
}

function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        arch: { type: 'string', default: 'all' },
        output: { type: 'string' },
        fast: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new Trouble(`${error.message}\n\n${usage}`, 64);
  }
}

/** The command line of scripts/image. */
import { parseArgs } from 'node:util';
import { Trouble } from '../guest/run-program.ts';

export const usage = `Usage: scripts/image RASPBERRY-PI-OS.img[.xz] [--output FILE] [--deb FILE] [--settings goby.txt]
       scripts/image --debian [...]

Makes an SD-card image with goby installed. From a Raspberry Pi OS Lite (64-bit) image that you downloaded, for a Raspberry
Pi; or with --debian from Debian packages alone, for the emulator (scripts/try-on-pi): Debian's kernel has no camera
programs and no firmware for a board.

  --output     the image to write (default: goby-VERSION.img in var/images)
  --deb        the package to put on it (default: built by scripts/package)
  --settings   a goby.txt for every card made from it; without one, the image carries the commented example
  --force      replace an image that is there
  --help       this text

Needs Debian's e2fsprogs, mtools, fdisk, xz-utils, and for --debian mmdebstrap, arch-test and qemu-user-static;
no root.

Examples:
  scripts/image 2025-11-24-raspios-trixie-arm64-lite.img.xz
  scripts/image 2025-11-24-raspios-trixie-arm64-lite.img.xz --settings my-goby.txt --output front-door.img
  scripts/image --debian`;

export interface ImageOptions {
  /** Absent with --debian. */
  readonly source?: string;
  readonly output?: string;
  readonly deb?: string;
  readonly settings?: string;
  readonly force: boolean;
}

/** @throws Trouble */
export function parseOptions(args: readonly string[]): ImageOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const { debian = false, output, deb, settings, force = false } = values;
  const [source, ...more] = positionals;
  if (debian === (source !== undefined) || more.length > 0) {
    throw new Trouble(`Name one Raspberry Pi OS image, or --debian.\n\n${usage}`);
  }
  return {
    force,
    ...(source === undefined ? {} : { source }),
    ...(output === undefined ? {} : { output }),
    ...(deb === undefined ? {} : { deb }),
    ...(settings === undefined ? {} : { settings }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        debian: { type: 'boolean' },
        output: { type: 'string' },
        deb: { type: 'string' },
        settings: { type: 'string' },
        force: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Trouble(`${(error as Error).message}\n\n${usage}`);
  }
}

/** A stand-in for the program npm: packs what it is told, or fails as npm does. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Entry, tarOf } from './tar-writer.ts';

export interface StandIn {
  /** An environment in which `npm` is the stand-in. */
  readonly env: NodeJS.ProcessEnv;
  readonly integrity: string;
  readonly bytes: number;
}

/** `npm pack` puts a package with these files into --pack-destination. Arguments are appended to npm-calls. */
export function packingNpm(folder: string, entries: readonly Entry[]): StandIn {
  const tarball = gzipSync(tarOf(entries));
  const script = [
    'echo "$@" >>"$(dirname "$0")/npm-calls"',
    'while [ "$1" != --pack-destination ]; do shift; done',
    'cp "$(dirname "$0")/package.tgz" "$2/some-package-1.2.3.tgz"',
  ];
  const env = program(folder, script);
  writeFileSync(join(folder, 'package.tgz'), tarball);
  return {
    env,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    bytes: tarball.length,
  };
}

/** Fails like npm does without network, or with any other code. */
export function failingNpm(folder: string, code = 'ENOTFOUND'): NodeJS.ProcessEnv {
  return program(folder, [
    'echo "$@" >>"$(dirname "$0")/npm-calls"',
    `echo "npm error code ${code}" >&2`,
    'echo "npm error something went wrong" >&2',
    'exit 1',
  ]);
}

function program(folder: string, lines: readonly string[]): NodeJS.ProcessEnv {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'npm');
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
  return { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
}

/** Which Debian mirror guests are made from: the one that this machine's own apt uses. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Trouble } from './run-program.ts';

/** GOBY_DEBIAN_MIRROR, else the first address in apt's sources that ends in /debian. @throws Trouble when there is none */
export function debianMirror(folder = '/etc/apt', env: NodeJS.ProcessEnv = process.env): string {
  const named = env['GOBY_DEBIAN_MIRROR'];
  if (named !== undefined && named !== '') return named;
  const parts = namesOf(join(folder, 'sources.list.d')).filter((name) => /\.(list|sources)$/.test(name));
  for (const file of ['sources.list', ...parts.map((name) => join('sources.list.d', name))]) {
    const found = /^(?:deb\s.*?|URIs:.*?)(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(textOf(join(folder, file)));
    if (found !== null) return found[1]!;
  }
  throw new Trouble(`No Debian mirror is named in ${folder}: set GOBY_DEBIAN_MIRROR to the address of one.`);
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

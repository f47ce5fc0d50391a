/** The newest section of CHANGELOG.md in the form that apt-listchanges reads: deb-changelog(5). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root @param {string} version @param {number} epochSeconds */
export function debianChangelog(root, version, epochSeconds) {
  const [, newest = ''] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## .*$/m);
  const entries = newest
    .trim()
    .replaceAll(/^- /gm, '  * ')
    .replaceAll(/^ {2}(?=[^ *])/gm, '    ');
  const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000');
  return `goby (${version}) unstable; urgency=medium\n\n${entries}\n\n -- goby developers <developers@goby.invalid>  ${date}\n`;
}

/** node_modules as package-lock.json wants it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStep } from './step.mjs';
import { Trouble } from './trouble.mjs';

/** Says of which lock file the folder was made. */
const stampFile = (root) => join(root, 'node_modules', '.goby-lock');

/** True when node_modules was made from this lock file, by the bootstrap or by hand; an installed package has no lock file. */
export function packagesAreFresh(root) {
  const lockFile = join(root, 'package-lock.json');
  if (!existsSync(lockFile)) return true;
  const lock = readFileSync(lockFile);
  const hash = createHash('sha256').update(lock).digest('hex');
  if (textOf(stampFile(root)) === hash) return true;
  if (!agrees(JSON.parse(lock.toString('utf8')), textOf(join(root, 'node_modules', '.package-lock.json'))))
    return false;
  writeFileSync(stampFile(root), hash);
  return true;
}

/** Compares with the record that npm keeps of what it installed. Optional packages may be absent. */
function agrees(lock, record) {
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(lock.packages).every(
    ([path, wanted]) =>
      path === '' ||
      (installed[path] === undefined
        ? wanted.optional === true || wanted.devOptional === true
        : installed[path].version === wanted.version && installed[path].integrity === wanted.integrity),
  );
}

/** @throws Trouble with what npm said */
export async function installPackages(root, purpose) {
  const wanted = Object.keys(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages).length;
  const end = startStep('Installing packages', () => Math.min(1, foldersIn(join(root, 'node_modules')) / wanted));
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, text } = await npm(args, root);
  if (code !== 0) {
    end('failed');
    throw npmTrouble(text, purpose);
  }
  end();
  writeFileSync(
    stampFile(root),
    createHash('sha256')
      .update(readFileSync(join(root, 'package-lock.json')))
      .digest('hex'),
  );
}

/** Without network npm waits more than a minute for its retries; these are shorter, unless the environment sets its own. */
function npm(args, cwd) {
  const env = { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000', ...process.env };
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const chunks = [];
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', ({ code }) =>
      resolve({ code: 1, text: `npm can't be started (${code}): sudo apt install npm` }),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString('utf8') }));
  });
}

/** Network trouble gets a way out; anything else is npm's own words. */
function npmTrouble(text, purpose) {
  const code = /npm (?:error|ERR!) code (\w+)/.exec(text)?.[1] ?? '';
  if (/ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET/.test(code)) {
    return new Trouble(
      `Packages are missing in node_modules, and npm reaches no registry (${code}). Connect to the network once and run ${commandFor(purpose)} again; from then on goby works offline.`,
      69,
    );
  }
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/A complete log of this run|npm (error|ERR!)\s*$/.test(line))
    .slice(0, 15);
  return new Trouble(
    `npm could not install the packages:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    code === '' ? 69 : 1,
  );
}

/** What a user types again. */
export function commandFor(purpose) {
  return { start: 'npm start', test: 'npm test', build: 'npm run build', install: 'sudo scripts/install' }[purpose];
}

function foldersIn(folder) {
  try {
    return readdirSync(folder).flatMap((name) => (name.startsWith('@') ? readdirSync(join(folder, name)) : [name]))
      .length;
  } catch {
    return 0;
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** node_modules as package-lock.json wants it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
  const lock = readFileSync(join(root, 'package-lock.json'));
  const paths = Object.keys(JSON.parse(lock.toString('utf8')).packages).filter((path) => path !== '');
  const unpacked = () => paths.filter((path) => existsSync(join(root, path, 'package.json'))).length;
  const end = startStep('Installing packages', () => unpacked() / paths.length);
  const { code, text } = await npmCi(root);
  if (code !== 0) {
    end('failed');
    throw npmTrouble(text, purpose);
  }
  end();
  writeFileSync(stampFile(root), createHash('sha256').update(lock).digest('hex'));
}

/** Requests that must fail before any has succeeded until npm is stopped: without network it would go on for minutes. */
const hopeless = 4;
const networkCode = /ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET\w*/;

/** Runs npm ci, following its log of requests. Its waits for retries are short, unless the environment sets its own. */
function npmCi(cwd) {
  const env = { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000', ...process.env };
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=http'];
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      const failures = text.match(/npm http fetch .* attempt \d+ failed with .*/g) ?? [];
      const code = networkCode.exec(failures.at(-1) ?? '')?.[0];
      if (failures.length < hopeless || code === undefined || /npm http fetch \w+ 200 /.test(text)) return;
      text += `\nnpm error code ${code}\n`;
      child.kill();
    });
    child.once('error', ({ code }) => resolve({ code: 1, text: `npm error ${code}: sudo apt install npm` }));
    child.once('close', (code) => resolve({ code: code ?? 1, text }));
  });
}

/** Network trouble gets a way out; anything else is npm's own words. */
function npmTrouble(text, purpose) {
  const code = networkCode.exec(/npm (?:error|ERR!) code (\w+)/.exec(text)?.[1] ?? '')?.[0];
  if (code !== undefined) {
    return new Trouble(
      `Packages are missing in node_modules, and npm reaches no registry (${code}). Connect to the network once and run ${commandFor(purpose)} again; from then on goby works offline.`,
      69,
    );
  }
  const lines = text
    .split('\n')
    .filter((line) => /^npm (error|ERR!)\s*\S/.test(line) && !/A complete log of this run/.test(line))
    .slice(0, 15);
  return new Trouble(`npm could not install the packages:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** What a user types again. */
export function commandFor(purpose) {
  return { start: 'npm start', test: 'npm test', build: 'npm run build', install: 'sudo scripts/install' }[purpose];
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** dist/, compiled from src/ when a source changed, and dist/page, the page as browsers get it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStep } from './step.mjs';
import { Trouble } from './trouble.mjs';

const stampFile = (root) => join(root, 'dist', '.goby-sources');

/** True when dist/ was made from the sources as they are now; an installed package has no sources. */
export function buildIsFresh(root) {
  if (!existsSync(join(root, 'src'))) return true;
  const sources = sourcesOf(root);
  return textOf(stampFile(root)) === fingerprint(root, sources) && isComplete(root, sources);
}

/** @throws Trouble with the compiler's messages */
export async function makeBuild(root) {
  const sources = sourcesOf(root);
  const before = fingerprint(root, sources);
  // The compiler trusts its record and writes no file twice, so a record beside missing files has to go.
  if (!isComplete(root, sources)) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  const end = startStep('Building');
  const { code, text } = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], root);
  if (code !== 0) {
    end('failed');
    throw new Trouble(`The build failed:\n${text.trimEnd()}`);
  }
  removeOrphans(root, sources);
  await makePage(root);
  writeFileSync(stampFile(root), before);
  end();
}

async function makePage(root) {
  const { code, text } = await run(
    process.execPath,
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--config', 'src/web/page/vite.config.ts'],
    root,
  );
  if (code !== 0) throw new Trouble(`The page could not be built:\n${text.trimEnd()}`);
}

/** Where the page's own sources lie: a browser gets them, in one piece. */
const page = join('web', 'page');

/** Paths below src/ of what the program is compiled from, without their ending. */
function sourcesOf(root) {
  return readdirSync(join(root, 'src'), { recursive: true })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.startsWith(page))
    .map((path) => path.slice(0, -3))
    .sort();
}

/** Paths below src/ of the page's sources. */
function pageSourcesOf(root) {
  return readdirSync(join(root, 'src', page), { recursive: true })
    .map((path) => join(page, path))
    .filter((path) => statSync(join(root, 'src', path)).isFile())
    .sort();
}

/** Names, sizes and times of all that the build reads. */
function fingerprint(root, sources) {
  const hash = createHash('sha256');
  const inputs = [
    ...sources.map((source) => `src/${source}.ts`),
    ...pageSourcesOf(root).map((source) => `src/${source}`),
    'tsconfig.json',
    'tsconfig.build.json',
    'node_modules/typescript/package.json',
    'node_modules/vite/package.json',
  ];
  for (const input of inputs) {
    const found = statSync(join(root, input), { throwIfNoEntry: false });
    hash.update(`${input} ${found?.size} ${found?.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function isComplete(root, sources) {
  const isCompiled = sources.every((source) => existsSync(join(root, 'dist', `${source}.js`)));
  return isCompiled && existsSync(join(root, 'dist', 'page', 'index.html'));
}

/** Output of sources that are gone would still be imported by stale code. */
function removeOrphans(root, sources) {
  const known = new Set(sources.map((source) => `${source}.js`));
  const dist = join(root, 'dist');
  for (const path of readdirSync(dist, { recursive: true })) {
    if (path.endsWith('.js') && !path.startsWith('page') && !known.has(path)) rmSync(join(dist, path));
  }
}

function run(program, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    child.once('error', ({ message }) => resolve({ code: 1, text: message }));
    child.once('close', (code) => resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString('utf8') }));
  });
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

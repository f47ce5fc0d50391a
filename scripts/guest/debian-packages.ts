/** Packages of a Debian suite that isn't the machine's own, through a private apt: versions, downloads, unpacking. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { debianMirror } from './debian-mirror.ts';
import { runProgram, Trouble } from './run-program.ts';

export type Architecture = 'amd64' | 'arm64';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

export class DebianPackages {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#env = { ...process.env, APT_CONFIG: join(folder, 'apt.conf'), LC_ALL: 'C' };
  }

  /** Reads the suite's index. @throws Trouble when the mirror can't be reached */
  static async open(suite: string, architecture: Architecture, timeoutMs = 120_000): Promise<DebianPackages> {
    const folder = join(cacheFolder(), `apt-${suite}-${architecture}`);
    for (const below of ['lists/partial', 'archives/partial']) await mkdir(join(folder, below), { recursive: true });
    await writeFile(join(folder, 'status'), '');
    // The release that the suite adds to is there too.
    const suites = [...new Set([suite, suite.replace(/-backports$/, '')])];
    const sources = suites.map((name) => `deb [signed-by=${keyring}] ${debianMirror()} ${name} main\n`);
    await writeFile(join(folder, 'sources.list'), sources.join(''));
    const settings = {
      'APT::Architecture': architecture,
      'APT::Architectures': architecture,
      'APT::Default-Release': suite,
      'APT::Sandbox::User': 'root',
      'Dir::State::Lists': join(folder, 'lists'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': folder,
      'Dir::Etc::SourceList': join(folder, 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
    await writeFile(join(folder, 'apt.conf'), lines.join(''));
    const packages = new DebianPackages(folder);
    await runProgram('apt-get', ['update', '-qq', '-o', 'APT::Update::Error-Mode=any'], {
      env: packages.#env,
      timeoutMs,
    });
    return packages;
  }

  /** The newest version of a package. */
  async version(name: string): Promise<string> {
    return field(await this.#show(name), 'Version', name);
  }

  /** What a package depends on, names only. */
  async dependencies(name: string): Promise<string[]> {
    return field(await this.#show(name), 'Depends', name)
      .split(/[,|]/)
      .map((dependency) => dependency.trim().split(/[ :]/)[0] ?? '');
  }

  /** Unpacks packages into a folder, without running anything of theirs. */
  async unpack(names: readonly string[], into: string): Promise<void> {
    const downloads = join(into, '.downloads');
    await mkdir(downloads, { recursive: true });
    await runProgram('apt-get', ['download', '-qq', ...names], { env: this.#env, cwd: downloads, timeoutMs: 600_000 });
    for (const file of await readdir(downloads)) await runProgram('dpkg-deb', ['-x', join(downloads, file), into]);
    await runProgram('rm', ['-rf', downloads]);
  }

  #show(name: string): Promise<string> {
    return runProgram('apt-cache', ['show', '--no-all-versions', name], { env: this.#env, cwd: this.#folder });
  }
}

function field(text: string, key: string, name: string): string {
  const value = new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Trouble(`The Debian package ${name} has no field ${key}.`);
  return value;
}

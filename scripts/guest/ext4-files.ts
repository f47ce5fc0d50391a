/** Files into and out of an ext4 image by debugfs: no mount, no root. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram, Trouble } from './run-program.ts';

export interface NewFile {
  /** Absolute path inside the image; folders are made. Use real paths: /usr/lib, not the link /lib. */
  readonly path: string;
  /** Text, or a file of this machine. */
  readonly content: string | { readonly file: string };
  readonly mode?: number;
}

export interface NewLink {
  readonly path: string;
  readonly target: string;
}

/** Writes files and links, owned by root; what is there is replaced. @throws Trouble when one can't be written */
export async function putIntoExt4(image: string, entries: readonly (NewFile | NewLink)[]): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'goby-ext4-'));
  try {
    const folders = new Set<string>();
    for (const { path } of entries) {
      for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) folders.add(folder);
    }
    const present = await presentPaths(image, [...folders, ...entries.map(({ path }) => path)]);
    const commands: string[] = [];
    for (const folder of [...folders].sort()) {
      if (!present.has(folder)) commands.push(`mkdir "${folder}"`, `sif "${folder}" mode 040755`);
    }
    for (const [index, entry] of entries.entries()) {
      if (present.has(entry.path)) commands.push(`rm "${entry.path}"`);
      if ('target' in entry) commands.push(`symlink "${entry.path}" "${entry.target}"`);
      else commands.push(...(await writeCommands(entry, join(work, String(index)))));
    }
    const script = join(work, 'commands');
    await writeFile(script, `${commands.join('\n')}\n`);
    await debugfs(image, ['-w', '-f', script]);
    const missing = entries.filter(({ path }) => !present.has(path)).map(({ path }) => path);
    const after = await presentPaths(image, missing);
    const lost = missing.filter((path) => !after.has(path));
    if (lost.length > 0) throw new Trouble(`${lost.join(', ')} could not be written into ${image}.`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeCommands({ path, content, mode }: NewFile, temporary: string): Promise<string[]> {
  const source = typeof content === 'string' ? temporary : content.file;
  if (typeof content === 'string') await writeFile(source, content);
  const bits = (mode ?? 0o644).toString(8).padStart(4, '0');
  return [`write "${source}" "${path}"`, `sif "${path}" mode 010${bits}`, `sif "${path}" uid 0`, `sif "${path}" gid 0`];
}

/** Text of a file in the image; undefined where there is none. */
export async function readFromExt4(image: string, path: string): Promise<string | undefined> {
  const work = await mkdtemp(join(tmpdir(), 'goby-ext4-'));
  try {
    const target = join(work, 'file');
    await runProgram('debugfs', ['-R', `dump "${path}" "${target}"`, image]);
    return await readFile(target, 'utf8').catch(() => undefined);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Those of the paths that are in the image. */
export async function presentPaths(image: string, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set();
  const work = await mkdtemp(join(tmpdir(), 'goby-ext4-'));
  try {
    const script = join(work, 'commands');
    await writeFile(script, paths.map((path) => `stat "${path}"\n`).join(''));
    const text = await runProgram('debugfs', ['-f', script, image]);
    // debugfs echoes each command, and a file's inode follows where there is one.
    const sections = text.split(/^debugfs: stat /m).slice(1);
    return new Set(paths.filter((_, index) => /^Inode: \d+/m.test(sections[index] ?? '')));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function debugfs(image: string, args: readonly string[]): Promise<void> {
  const complaints: string[] = [];
  await runProgram('debugfs', [...args, image], {
    onLine: (line) => {
      if (!/^debugfs \d/.test(line)) complaints.push(line);
    },
  });
  if (complaints.length > 0) throw new Trouble(`${image} could not be changed: ${complaints.slice(0, 3).join('; ')}`);
}

/** The system that settings are put into: files below a root, and its own programs where it is the running one. */
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Target {
  /** Absolute path inside the system -> content; undefined where there is no such file. */
  read(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** Writes whole or not at all. `owner`: a user and group of the system, else root. */
  write(path: string, content: string, options?: { mode?: number; owner?: string }): Promise<void>;
  /** Runs a program of the system with an argument list. @throws Error when it fails */
  run(program: string, args: readonly string[]): Promise<void>;
}

/** @param root `/` for the running system; below any other one, programs are not run but handed to `instead` */
export function createTarget(root: string, instead?: (program: string, args: readonly string[]) => void): Target {
  const at = (path: string): string => join(root, path);
  return {
    read: (path) => readFile(at(path), 'utf8').catch(() => undefined),
    exists: (path) =>
      stat(at(path)).then(
        () => true,
        () => false,
      ),
    async write(path, content, { mode = 0o644, owner } = {}) {
      const file = at(path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.new`, content, { mode, flush: true });
      const ids = owner === undefined ? undefined : await idsOf(root, owner);
      if (ids !== undefined && process.getuid?.() === 0) await chown(`${file}.new`, ids.uid, ids.gid);
      await rename(`${file}.new`, file);
    },
    async run(program, args) {
      if (root === '/') await run(program, [...args]);
      else instead?.(program, args);
    },
  };
}

/** Ids of `user:group` as the system's own tables have them; undefined where it has none such. */
async function idsOf(root: string, owner: string): Promise<{ uid: number; gid: number } | undefined> {
  const [user = '', group = ''] = owner.split(':');
  const uid = await idIn(join(root, 'etc/passwd'), user);
  const gid = await idIn(join(root, 'etc/group'), group);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

async function idIn(table: string, name: string): Promise<number | undefined> {
  const text = await readFile(table, 'utf8').catch(() => '');
  const line = text.split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

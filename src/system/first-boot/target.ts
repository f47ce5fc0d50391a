/** The system that settings are put into: files below a root, and its own programs where it is the running one. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Ids, putTextSync, readTextSync } from '../files/text-file.ts';
import { asOwnerOf } from '../service/become-owner.ts';

const run = promisify(execFile);

export interface Target {
  /** Absolute path inside the system -> content; undefined where there is no such file. */
  read(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /**
   * Writes whole or not at all. In a folder of somebody else's than root that is done as that user, who then owns the file.
   * `owner`: a user and group of the system for files in folders of root's, else root.
   */
  write(path: string, content: string, options?: { mode?: number; owner?: string }): Promise<void>;
  /** Runs a program of the system with an argument list. @throws Error when it fails */
  run(program: string, args: readonly string[]): Promise<void>;
}

/** @param root `/` for the running system; below any other one, programs are not run but handed to `instead` */
export function createTarget(root: string, instead?: (program: string, args: readonly string[]) => void): Target {
  const at = (path: string): string => join(root, path);
  return {
    read: async (path) => asOwnerOf(dirname(at(path)), () => readTextSync(at(path))),
    exists: (path) =>
      stat(at(path)).then(
        () => true,
        () => false,
      ),
    write: async (path, content, { mode = 0o644, owner } = {}) => {
      const file = at(path);
      const ids = owner === undefined ? undefined : idsOf(root, owner);
      asOwnerOf(dirname(file), () => putTextSync(file, content, { mode, ids }));
    },
    async run(program, args) {
      if (root === '/') await run(program, [...args]);
      else instead?.(program, args);
    },
  };
}

/** Ids of `user:group` as the system's own tables have them; undefined where it has none such. */
function idsOf(root: string, owner: string): Ids | undefined {
  const [user = '', group = ''] = owner.split(':');
  const uid = idIn(join(root, 'etc/passwd'), user);
  const gid = idIn(join(root, 'etc/group'), group);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function idIn(table: string, name: string): number | undefined {
  const line = (readTextSync(table) ?? '').split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

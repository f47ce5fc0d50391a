/** Who may log in to the page: the administrator, and somebody who may look but not switch. Their hashes lie in a file of goby's own. */
import { createHash } from 'node:crypto';
import { GobyError, sentence } from '../../errors.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';
import { StateFile } from '../../system/files/state-file.ts';
import { hashPassword, isPassword } from '../../system/login/password.ts';
import {
  type Hashes,
  parsePasswordFile,
  passwordFileMode,
  passwordFileText,
  type Role,
  roles,
} from '../../system/login/password-file.ts';

/** The file is read again after this long: `goby web password`, another process, may have changed it. */
const rereadMs = 2000;

export interface Accounts {
  /** Whether anybody has a password. Reads the file, which `goby web password` may have changed. */
  hasPassword(): boolean;
  /** Changes with the password of a role: a login with an older one is worth nothing. Undefined where it has none. */
  mark(role: Role): string | undefined;
  /** Whose password this is; undefined: nobody's. One at a time, so that many tries don't take the memory. */
  roleOf(password: string): Promise<Role | undefined>;
  /** @throws GobyError when it is too short, the same as the other one, or can't be written */
  setPassword(role: Role, password: string): Promise<void>;
  /** Takes the password of the viewer away. */
  removeViewer(): Promise<void>;
}

export function openAccounts(path: string): Accounts {
  const file = new StateFile(path);
  const turns = new SerialQueue();
  let known: { readonly hashes: Hashes; readonly readMs: number } | undefined;
  const read = (): Hashes => {
    if (known === undefined || performance.now() - known.readMs > rereadMs) {
      known = { hashes: readFile(), readMs: performance.now() };
    }
    return known.hashes;
  };
  const readFile = (): Hashes => {
    const text = file.read();
    if (text === undefined) return {};
    try {
      return parsePasswordFile(text);
    } catch (error) {
      throw new GobyError(`${path} can't be read: ${sentence(error).split('\n')[0]}.`, {
        remedy: 'Remove it and set the password anew: goby web password.',
        cause: error,
      });
    }
  };
  const write = async (hashes: Hashes): Promise<void> => {
    await file.write(passwordFileText(hashes), { mode: passwordFileMode });
    known = { hashes, readMs: performance.now() };
  };
  const find = async (password: string): Promise<Role | undefined> => {
    const hashes = read();
    let found: Role | undefined;
    // Every hash is tried, so that the time tells nothing of whose password it was.
    for (const role of roles) {
      const hash = hashes[role];
      if (hash !== undefined && (await isPassword(password, hash))) found ??= role;
    }
    return found;
  };
  return {
    hasPassword: () => {
      const { administrator, viewer } = read();
      return administrator !== undefined || viewer !== undefined;
    },
    mark: (role) => {
      const hash = read()[role];
      return hash === undefined ? undefined : createHash('sha256').update(hash).digest('hex').slice(0, 16);
    },
    roleOf: (password) => turns.add(() => find(password)),
    setPassword: (role, password) =>
      turns.add(async () => {
        const hash = await hashPassword(password);
        const owner = await find(password);
        if (owner !== undefined && owner !== role) {
          throw new GobyError(`This is the password of the ${owner} already.`, { remedy: 'Take another one.' });
        }
        await write({ ...readFile(), [role]: hash });
      }),
    removeViewer: () =>
      turns.add(async () => {
        const { administrator } = readFile();
        await write(administrator === undefined ? {} : { administrator });
      }),
  };
}

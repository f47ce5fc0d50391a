/**
 * Commands that root calls become the user whose folder they work in: the service's. What that user could have put there, a
 * link, a model or a library, then reaches no further than that user does.
 */
import { accessSync, constants, lstatSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The first user but root who owns a folder on the way there, as it is written and as links lead; undefined: none does. */
export function ownerOf(folder: string): Owner | undefined {
  for (const path of [...waysTo(folder), ...waysTo(realPath(folder))]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && found.uid !== 0) return { uid: found.uid, gid: found.gid };
  }
  return undefined;
}

/**
 * Takes on user, groups and home of the folder's owner, for good. Does nothing for anybody but root, and where the way is
 * root's alone.
 * @returns the user's name
 */
export function becomeOwnerOf(folder: string): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = ownerOf(folder);
  if (owner === undefined) return undefined;
  const { uid, gid } = owner;
  setGroups(uid, gid);
  process.setgid!(gid);
  process.setuid!(uid);
  const user = userNow(uid);
  // Programs that are started, such as npm, look for their files there.
  Object.assign(process.env, { HOME: user.home, USER: user.name, LOGNAME: user.name });
  leaveClosedFolder();
  return user.name;
}

/**
 * Does some file work in a folder as the user who owns it, and is root again afterwards: what that user may have put there,
 * such as a link, then leads no further than the user could go. For anybody but root, and where the way is root's alone, it is
 * done as it is.
 * @param work without promises: nothing else of this process may run meanwhile
 */
export function asOwnerOf<Result>(folder: string, work: () => Result): Result {
  const owner = process.getuid?.() === 0 && process.geteuid?.() === 0 ? ownerOf(folder) : undefined;
  if (owner === undefined) return work();
  const groups = process.getgroups!();
  const group = process.getegid!();
  process.setgroups!([owner.gid]);
  process.setegid!(owner.gid);
  process.seteuid!(owner.uid);
  try {
    return work();
  } finally {
    process.seteuid!(0);
    process.setegid!(group);
    process.setgroups!(groups);
  }
}

/** Those of the user's account, so that cameras, Edge TPU and GPIO stay open to it. */
function setGroups(uid: number, gid: number): void {
  try {
    (process as unknown as { initgroups(user: number, group: number): void }).initgroups(uid, gid);
  } catch {
    process.setgroups!([gid]);
  }
}

function userNow(uid: number): { readonly name: string; readonly home: string } {
  try {
    const { username, homedir } = userInfo();
    return { name: username, home: homedir };
  } catch {
    return { name: String(uid), home: '/' };
  }
}

/** Programs don't start in a folder that they may not enter, such as root's home. */
function leaveClosedFolder(): void {
  try {
    accessSync('.', constants.R_OK | constants.X_OK);
  } catch {
    process.chdir('/');
  }
}

/** The folder and all above it, the highest first. */
function waysTo(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [...waysTo(above), folder];
}

/** Where links lead, as far as there is something. */
function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : realPath(above);
  }
}

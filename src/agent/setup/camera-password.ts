/** Passwords of cameras that the page keeps, each in a file of goby's own. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isPasswordFileOf, passwordFolder } from '../../config/settable.ts';
import { putBytes } from '../../system/files/put-file.ts';

const secretMode = 0o600;

/** Writes a password. Makes the folder. */
export async function writePassword(password: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await putBytes(Buffer.from(`${password}\n`), file, secretMode);
}

/** A file that isn't there yet: the old password is in use until the new settings are, and again when they are undone. */
export function newPasswordFile(stateDir: string, camera: string): string {
  return join(passwordFolder(stateDir), `camera-${camera}.${randomBytes(4).toString('hex')}`);
}

/** Removes a camera's passwords that no settings name any more. */
export async function removeOldPasswords(stateDir: string, camera: string, named: ReadonlySet<string>): Promise<void> {
  const folder = passwordFolder(stateDir);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const file = join(folder, name);
    if (isPasswordFileOf(name, camera) && !named.has(file)) await rm(file, { force: true });
  }
}

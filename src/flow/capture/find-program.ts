/** Finds camera programs on PATH, and says which package brings a missing one. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { UnavailableError } from '../../errors.ts';

export interface Program {
  readonly name: string;
  readonly path: string;
}

/** The first of `names` that PATH has as an executable file. */
export async function findProgram(names: readonly string[], env: NodeJS.ProcessEnv): Promise<Program | undefined> {
  const folders = (env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (await isExecutable(path)) return { name, path };
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The Raspberry Pi OS package of a camera program, or the package of ffmpeg. */
export function packageOf(program: string): string {
  return program === 'ffmpeg' ? 'ffmpeg' : 'rpicam-apps-lite';
}

/** @throws UnavailableError that names the program and its package when none of `names` is on PATH */
export async function requireProgram(names: readonly string[], env: NodeJS.ProcessEnv): Promise<Program> {
  const found = await findProgram(names, env);
  if (found !== undefined) return found;
  const [name, ...others] = names;
  const either = others.length === 0 ? '' : ` (nor ${others.join(', ')})`;
  const where = name === 'ffmpeg' ? '' : ' on Raspberry Pi OS';
  throw new UnavailableError(`The program ${name} isn't installed: it is not on PATH${either}.`, {
    remedy: `Install it${where} with: sudo apt install ${packageOf(name ?? '')}`,
  });
}

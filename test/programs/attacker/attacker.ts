/** Plays a user goby who was taken over, on a machine where the test is root. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { places } from '../../requiring.ts';

/** The attacker's number: a user that no system has. */
export const attacker = 4711;

export interface Machine {
  readonly folder: string;
  /** As /var/lib/goby is: the attacker's own. */
  readonly stateDir: string;
  /** A file of root's, that only root may read and write. */
  readonly secret: string;
  /** A folder of root's. */
  readonly rootsFolder: string;
  /** A shell command of the attacker's. */
  attack(script: string): void;
  /** Goby as root calls it. */
  goby(args: readonly string[], input?: string): Promise<{ readonly code: number | null; readonly text: string }>;
}

export const secretText = 'root knows this\n';

export function machine(t: ExecutionContext): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'goby-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const stateDir = join(folder, 'var', 'lib', 'goby');
  mkdirSync(stateDir, { recursive: true });
  chownSync(stateDir, attacker, attacker);
  const secret = join(folder, 'secret');
  writeFileSync(secret, secretText, { mode: 0o600 });
  const rootsFolder = join(folder, 'etc');
  mkdirSync(rootsFolder);
  return {
    folder,
    stateDir,
    secret,
    rootsFolder,
    attack: (script) => {
      const { status, stderr } = spawnSync('sh', ['-e', '-c', script], {
        ...{ uid: attacker, gid: attacker, cwd: stateDir, encoding: 'utf8' },
      });
      t.is(status, 0, stderr);
    },
    goby: (args, input = '') =>
      new Promise((resolve) => {
        const env = { ...process.env, GOBY_STATE_DIR: stateDir, GOBY_MODEL_MIRROR: undefined };
        const child = spawn(process.execPath, ['--import=tsx', join(places.root, 'src/main.ts'), ...args], {
          ...{ env, cwd: places.root },
        });
        let text = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)));
        child.on('close', (code) => resolve({ code, text }));
        child.stdin.end(input);
      }),
  };
}

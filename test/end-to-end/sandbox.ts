/** The machine itself behind an overlay: what is installed or removed there is gone when the shell script has ended. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A script that makes an overlay of / in namespaces of its own, with FOLDER as /mnt, and runs bash in it. */
const enter = `
set -e
mount --make-rprivate /
base=$1 folder=$2
mount -t tmpfs tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
mount -t proc proc "$base/root/proc"
mount --bind /dev "$base/root/dev"
mount -t tmpfs tmpfs "$base/root/run"
mount -t tmpfs tmpfs "$base/root/tmp"
mount --bind "$folder" "$base/root/mnt"
exec chroot "$base/root" bash -e -o pipefail -c "$3"
`;

const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];

/** Why no sandbox can be made here; undefined when it can. */
export function sandboxProblem(): string | undefined {
  const base = mkdtempSync(join(tmpdir(), 'goby-sandbox-'));
  const { status } = spawnSync('unshare', [...namespaces, 'bash', '-c', enter, 'enter', base, base, 'true'], {
    stdio: 'ignore',
  });
  rmdirSync(base);
  return status === 0 ? undefined : 'an overlay of the machine needs root, namespaces and overlayfs';
}

export interface SandboxRun {
  /** An empty folder to mount on. */
  readonly base: string;
  /** Seen as /mnt. */
  readonly folder: string;
  readonly script: string;
}

/** Everything the script printed. @throws with it when the script failed */
export function inSandbox({ base, folder, script }: SandboxRun): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: '/root',
    };
    const child = spawn('unshare', [...namespaces, 'bash', '-c', enter, 'enter', base, folder, script], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`the script ended with ${code}:\n${text}`));
    });
  });
}

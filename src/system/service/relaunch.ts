/**
 * Starting anew after an orderly stop. Under systemd the process ends with 0 and Restart=always starts it; anywhere else
 * (npm start, a terminal, a container) it replaces itself by a fresh one with the same arguments, process id and terminal.
 */
import { createRequire } from 'node:module';
import { exitCode } from '../../errors.ts';

/** Takes the place of process.exit after an orderly stop. Doesn't come back. */
export type Relaunch = () => void;

/** @param env before systemd's variables are taken out of it */
export function createRelaunch(env: NodeJS.ProcessEnv): Relaunch {
  const isManaged = env['NOTIFY_SOCKET'] !== undefined && env['NOTIFY_SOCKET'] !== '';
  return () => {
    if (isManaged) process.exit(exitCode.ok);
    replaceProcess(process.execPath, [...process.execArgv, ...process.argv.slice(1)]);
  };
}

/** F_SETFD of fcntl(2), the same on x86-64 and arm64. */
const setDescriptorFlags = 2;

/** execv(3) through libc: Node 20 has none. Files that Node opened are closed on the way; the environment stays. */
export function replaceProcess(program: string, args: readonly string[]): never {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  const execv = libc.func('int execv(const char *path, const char **argv)');
  const fcntl = libc.func('int fcntl(int fd, int command, ...)');
  // Node marks what it inherited as to be closed, standard output too.
  for (const fd of [0, 1, 2]) fcntl(fd, setDescriptorFlags, 'int', 0);
  execv(program, [program, ...args, null]);
  console.error(`goby: could not start anew (${koffi.errno()}); it ends instead`);
  process.exit(exitCode.failed);
}

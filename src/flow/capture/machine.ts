/** What the adapters need of the machine: the environment for programs, the file system's special folders, timing. */
import type { BackoffOptions, RandomSource } from '../../system/service/retry.ts';

/** Roots of the special file systems; tests point them at folders of their own. */
export interface MachineRoots {
  readonly proc: string;
  readonly sys: string;
  readonly dev: string;
}

export const systemRoots: MachineRoots = { proc: '/proc', sys: '/sys', dev: '/dev' };

export interface CaptureTiming {
  /** Waits between attempts at a source that fails; after the first failure of one that streamed there is none. */
  readonly backoff: BackoffOptions;
  /** For the jitter of these waits; absent: Math.random. */
  readonly random?: RandomSource;
  /** A source that streamed for this long starts over with the first wait. */
  readonly stableMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly terminateMs: number;
  /** From SIGKILL until the program counts as one that can't be ended. */
  readonly killMs: number;
}

export const defaultTiming: CaptureTiming = {
  backoff: { firstMs: 500, factor: 2, maxMs: 30_000 },
  stableMs: 10_000,
  terminateMs: 500,
  killMs: 3000,
};

export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly roots: MachineRoots;
}

/** The environment for programs: messages in English, no colours, nothing of systemd's that is meant for goby alone. */
export function programEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NOTIFY_SOCKET: _socket, WATCHDOG_PID: _pid, WATCHDOG_USEC: _usec, LANGUAGE: _language, ...rest } = env;
  return { ...rest, LC_ALL: 'C', LIBCAMERA_LOG_NO_COLOR: '1', AV_LOG_FORCE_NOCOLOR: '1' };
}

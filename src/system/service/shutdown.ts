/** The end of the process: one orderly stop with a deadline for signals, safe outputs and exit 1 for bugs. */
import { exitCode } from '../../errors.ts';
import type { Logger } from '../../logger.ts';

export interface ShutdownOptions {
  /** Stops every part in order. Called once. */
  readonly stop: (reason: string) => Promise<void>;
  /** Puts the outputs in their safe state at once, without waiting for anything. Called before every exit that isn't orderly. */
  readonly makeSafe: () => void;
  readonly logger: Logger;
  /** An orderly stop that takes longer is given up. */
  readonly deadlineMs?: number;
  readonly exit?: (code: number) => void;
}

export interface Shutdown {
  /** Asks for the orderly stop, as a signal does; the process ends with `code`. Later calls change nothing. */
  request(reason: string, code?: number): void;
  /** Takes the handlers off again. */
  dispose(): void;
}

/** The same signal so soon is an echo, not impatience. */
const echoMs = 400;

/** Numbers of signal(7), for the exit code 128 + number of a stop that was cut short. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof signals;

/** Installs the handlers of the process: SIGTERM, SIGINT, SIGHUP, uncaught exceptions and unhandled rejections. */
export function installShutdown(options: ShutdownOptions): Shutdown {
  const { stop, makeSafe, logger, deadlineMs = 10_000, exit = process.exit } = options;
  let stopping = false;
  let first: { signal: Signal; atMs: number } | undefined;

  const safeExit = (code: number): void => {
    try {
      makeSafe();
    } catch (error) {
      logger.error(`the outputs could not be made safe: ${traceOf(error)}`);
    }
    exit(code);
  };
  const request = (reason: string, code: number = exitCode.ok): void => {
    if (stopping) return;
    stopping = true;
    logger.info(`stopping: ${reason}`);
    const deadline = setTimeout(() => {
      logger.error(`the orderly stop took more than ${deadlineMs} ms and was given up`);
      safeExit(exitCode.failed);
    }, deadlineMs);
    stop(reason).then(
      () => {
        clearTimeout(deadline);
        exit(code);
      },
      (error) => {
        clearTimeout(deadline);
        logger.error(`the orderly stop failed: ${traceOf(error)}`);
        safeExit(exitCode.failed);
      },
    );
  };
  const onSignal = (signal: Signal): void => {
    if (!stopping) {
      first = { signal, atMs: performance.now() };
      request(signal);
      return;
    }
    // Ctrl-C under npm arrives twice: from the terminal, and passed on by npm.
    if (signal === first?.signal && performance.now() - first.atMs < echoMs) return;
    logger.warn(`${signal} came again: exit at once`);
    safeExit(128 + signals[signal]);
  };
  const onBug = (error: unknown, origin: string): void => {
    logger.error(`${origin}: ${traceOf(error)}`);
    safeExit(exitCode.failed);
  };
  const onRejection = (error: unknown): void => onBug(error, 'unhandledRejection');

  for (const signal of Object.keys(signals) as Signal[]) process.on(signal, onSignal);
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onRejection);
  return {
    request,
    dispose: () => {
      for (const signal of Object.keys(signals) as Signal[]) process.off(signal, onSignal);
      process.off('uncaughtException', onBug);
      process.off('unhandledRejection', onRejection);
    },
  };
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The kinds of error goby knows, and the exit code of each: the one place that decides how a failure is told. */

/** Exit codes that scripts and systemd can use. 78 is EX_CONFIG, 69 EX_UNAVAILABLE, 64 EX_USAGE of sysexits.h; 130 is a shell's for Ctrl-C. */
export const exitCode = { ok: 0, failed: 1, usage: 64, unavailable: 69, config: 78, interrupted: 130 } as const;

/** What a person or the environment caused. Its message is a whole sentence and is printed without a stack trace. */
export class GobyError extends Error {
  readonly exitCode: number;

  /**
   * @param message what happened, naming the key, file or device; what was expected and what was found
   * @param options.remedy how to mend it, a sentence of its own
   */
  constructor(message: string, options: { remedy?: string; cause?: unknown; exitCode?: number } = {}) {
    super(
      options.remedy === undefined ? message : `${message} ${options.remedy}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.exitCode = options.exitCode ?? exitCode.failed;
  }
}

/** The configuration, or the arguments of a command, can't be used. Never retried: exit 78. */
export class ConfigError extends GobyError {
  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { ...options, exitCode: exitCode.config });
  }
}

/** A camera, broker, accelerator or network isn't there now, and may come back. Retried with back-off. */
export class UnavailableError extends GobyError {
  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { ...options, exitCode: exitCode.unavailable });
  }
}

/** A file or model that was handed in is not what it should be. Not retried. */
export class InputError extends GobyError {}

/** The sentence to show for anything thrown: the message alone for errors of users and of the environment. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for errors that print no stack trace. */
export function isExpected(error: unknown): error is GobyError {
  return error instanceof GobyError;
}

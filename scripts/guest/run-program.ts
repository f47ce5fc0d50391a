/** Runs another program to its end: argument list, no shell; a failure is one sentence with the program's last words. */
import { spawn } from 'node:child_process';

/** A failure that people are told without a stack trace. */
export class Trouble extends Error {}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  /** Given to the program's standard input. */
  readonly input?: string;
  /** The program is ended after this long. */
  readonly timeoutMs?: number | undefined;
  /** Called with every line of standard error, for progress. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * @returns standard output
 * @throws Trouble naming the program, how it ended and its last lines
 */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { env, cwd, input, timeoutMs, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: env ?? process.env,
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      for (const line of text.split(/[\r\n]+/)) if (line !== '') onLine?.(line);
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Trouble(
          error.code === 'ENOENT' ? `The program ${program} is not installed.` : `${program}: ${error.message}`,
        ),
      ),
    );
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const words = `${stderr.trim()}\n${stdout.trim()}`.trim().split('\n').slice(-8).join('\n');
      const end = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      reject(new Trouble(`${program} ${args.slice(0, 3).join(' ')} ${end}:\n${words}`));
    });
  });
}

/** Programs of a list that are not installed. */
export async function missingPrograms(programs: readonly string[]): Promise<string[]> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const found = await Promise.all(
    programs.map((program) =>
      runProgram('sh', ['-c', 'command -v "$1"', 'sh', program], { env: { PATH: path } }).then(
        () => true,
        () => false,
      ),
    ),
  );
  return programs.filter((_, index) => !found[index]);
}

// mkfs.ext4, debugfs and sfdisk lie in sbin, which is not in every user's PATH.
process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

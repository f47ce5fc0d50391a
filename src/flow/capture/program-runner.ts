/** Runs a camera program: hands its output on as it comes, ends it without fail, and never runs two at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { UnavailableError } from '../../errors.ts';
import type { Program } from './find-program.ts';
import { type CaptureTiming, type Machine, programEnvironment } from './machine.ts';
import { MessageTail } from './message-tail.ts';

export interface ProgramRun {
  readonly program: Program;
  readonly args: readonly string[];
  /** What the program writes to stdout. What it throws ends the program and is thrown by run(). */
  readonly onData: (chunk: Buffer) => void;
  /** Lines of stderr, without secrets. May throw like onData. */
  readonly onLine?: (line: string) => void;
  /** Written to file descriptor 3 of the program: the way for what must not be seen in its argument list. */
  readonly privateInput?: string;
  /** Texts that are masked in everything the program says. */
  readonly secrets?: readonly string[];
  /** When it aborts, the program is ended, and run() throws the signal's reason. */
  readonly signal: AbortSignal;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of stderr. */
  readonly lines: readonly string[];
}

/** Sends a signal to the program's process group. */
export type SendSignal = (pid: number, signal: NodeJS.Signals) => void;

const sendToGroup: SendSignal = (pid, signal) => {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
};

export class ProgramRunner {
  readonly #machine: Machine;
  readonly #timing: CaptureTiming;
  readonly #sendSignal: SendSignal;
  /** A program that survived SIGKILL. */
  #stuck: { child: ChildProcess; name: string } | undefined;

  constructor(machine: Machine, timing: CaptureTiming, sendSignal: SendSignal = sendToGroup) {
    this.#machine = machine;
    this.#timing = timing;
    this.#sendSignal = sendSignal;
  }

  /**
   * Runs a program to its end.
   * @throws the signal's reason when aborted; what onData or onLine threw; UnavailableError when the program can't be
   *   started or can't be ended
   */
  async run(run: ProgramRun): Promise<ProgramEnd> {
    run.signal.throwIfAborted();
    if (this.#stuck !== undefined && !hasExited(this.#stuck.child)) throw await this.#stuckError();
    this.#stuck = undefined;
    const child = spawn(run.program.path, [...run.args], {
      env: programEnvironment(this.#machine.env),
      stdio: ['ignore', 'pipe', 'pipe', run.privateInput === undefined ? 'ignore' : 'pipe'],
      // A group of its own: Ctrl-C in the terminal reaches goby alone, which then ends its programs in order.
      detached: true,
    });
    return await this.#watch(child, run);
  }

  async #watch(child: ChildProcess, run: ProgramRun): Promise<ProgramEnd> {
    return await new Promise<ProgramEnd>((resolve, reject) => {
      let thrown: { error: unknown } | undefined;
      let ending = false;
      const end = (error: unknown): void => {
        if (ending) return;
        ending = true;
        thrown = { error };
        this.#end(child, run.program.name).catch(reject);
      };
      const guarded =
        (body: (chunk: Buffer) => void) =>
        (chunk: Buffer): void => {
          if (ending) return;
          try {
            body(chunk);
          } catch (error) {
            end(error);
          }
        };
      const tail = new MessageTail(run.secrets, run.onLine);
      const onAbort = (): void => end(run.signal.reason);
      run.signal.addEventListener('abort', onAbort, { once: true });
      child.stdout?.on('data', guarded(run.onData));
      child.stderr?.on(
        'data',
        guarded((chunk) => tail.feed(chunk)),
      );
      writePrivately(child, run.privateInput);
      child.once('error', (error: NodeJS.ErrnoException) => {
        run.signal.removeEventListener('abort', onAbort);
        reject(notStarted(run.program, error));
      });
      child.once('exit', () => closeSoon(child));
      child.once('close', (code, signal) => {
        run.signal.removeEventListener('abort', onAbort);
        if (thrown !== undefined) reject(thrown.error);
        else resolve({ code, signal, lines: tail.lines() });
      });
    });
  }

  /** SIGTERM, then SIGKILL. @throws UnavailableError when the program outlives both */
  async #end(child: ChildProcess, name: string): Promise<void> {
    if (child.pid === undefined) return;
    for (const [signal, waitMs] of [
      ['SIGTERM', this.#timing.terminateMs],
      ['SIGKILL', this.#timing.killMs],
    ] as const) {
      this.#sendSignal(child.pid, signal);
      // One that is stopped acts on SIGTERM no sooner than it goes on.
      if (signal === 'SIGTERM') this.#sendSignal(child.pid, 'SIGCONT');
      if (await exitsWithin(child, waitMs)) return;
    }
    this.#stuck = { child, name };
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
    throw await this.#stuckError();
  }

  async #stuckError(): Promise<UnavailableError> {
    const { child, name } = this.#stuck as { child: ChildProcess; name: string };
    const state = await processState(this.#machine.roots.proc, child.pid ?? 0);
    const why =
      state === 'D' ? 'it hangs inside the kernel (state D), waiting for the camera' : `its state is ${state}`;
    return new UnavailableError(
      `${name} (process ${child.pid}) can't be ended, not even with SIGKILL: ${why}, so the camera can't be started again.`,
      { remedy: 'Reboot required: sudo reboot' },
    );
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function exitsWithin(child: ChildProcess, waitMs: number): Promise<boolean> {
  if (hasExited(child)) return true;
  return await new Promise((resolve) => {
    const onExit = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      child.off('exit', onExit);
      resolve(false);
    }, waitMs);
    child.once('exit', onExit);
  });
}

/** A program that left a child behind would keep its pipes open: what was written before the end is read, no more. */
function closeSoon(child: ChildProcess): void {
  const destroy = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  // A process that was held up reads first: timers come before what waits in the pipes.
  setTimeout(() => setImmediate(() => setImmediate(destroy)), 500).unref();
}

function writePrivately(child: ChildProcess, text: string | undefined): void {
  const input = child.stdio[3] as Writable | null | undefined;
  if (text === undefined || input === null || input === undefined) return;
  // The program may end before it has read: that failure is told by its exit.
  input.on('error', () => undefined);
  input.end(text);
}

function notStarted({ name, path }: Program, cause: NodeJS.ErrnoException): UnavailableError {
  return new UnavailableError(`${name} (${path}) can't be started: ${cause.code ?? cause.message}.`, { cause });
}

/** The letter of proc(5)'s stat, or `unknown`. */
async function processState(procRoot: string, pid: number): Promise<string> {
  try {
    const stat = await readFile(join(procRoot, String(pid), 'stat'), 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return 'unknown';
  }
}

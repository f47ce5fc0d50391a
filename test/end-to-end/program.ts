/** A real child program whose lines a test can wait for. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { findPlaces } from '../../src/config/places.ts';

const places = findPlaces();

/** Long enough for a loaded machine; a line that never comes fails the test with all that was printed. */
const patienceMs = 120_000;

export class Program {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #wakers = new Set<() => void>();
  #ended = false;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(command, args, { cwd: places.root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream)
        createInterface({ input: stream }).on('line', (line) => {
          this.lines.push(line);
          this.#wake();
        });
    }
    this.exited = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.#ended = true;
        this.#wake();
        resolve(code ?? signal ?? 1);
      });
      this.child.once('error', (error) => {
        this.lines.push(String(error));
        this.#ended = true;
        this.#wake();
        resolve(127);
      });
    });
  }

  /** Everything printed so far. */
  get text(): string {
    return this.lines.join('\n');
  }

  /** The first line from position `from` on that matches; rejects when the program ends or patience does. */
  async line(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const untilMs = performance.now() + patienceMs;
    let next = from;
    for (;;) {
      for (; next < this.lines.length; next++) {
        const match = pattern.exec(this.lines[next]!);
        if (match) return match;
      }
      const leftMs = untilMs - performance.now();
      if (this.#ended || leftMs <= 0) {
        throw new Error(
          `no line ${pattern} (${this.#ended ? 'the program ended' : 'patience ended'}):\n${lastLines(this.lines)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, leftMs);
        const wakers = this.#wakers;
        function wake(): void {
          clearTimeout(timer);
          wakers.delete(wake);
          resolve();
        }
        wakers.add(wake);
      });
    }
  }

  /** Sends a signal and waits for the end. mosquitto_sub may outlive a SIGTERM whose broker is gone: nothing less than SIGKILL is sure. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | NodeJS.Signals> {
    if (!this.#ended) this.child.kill(signal);
    return this.exited;
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}

/** `goby ARGS` of this checkout, as a user would run it. */
export function goby(args: readonly string[], options: SpawnOptions = {}): Program {
  return new Program(process.execPath, ['scripts/goby.mjs', ...args], options);
}

/** Everything below a topic filter, as mosquitto_sub prints it: `topic payload`. */
export function observe(port: number, filter = 'goby/#'): Program {
  return new Program('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-t', filter, '-v', '-q', '1']);
}

/** The end of what was printed, short enough to read. */
function lastLines(lines: readonly string[]): string {
  return lines
    .slice(-12)
    .map((line) => line.slice(0, 240))
    .join('\n');
}

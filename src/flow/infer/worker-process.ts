/** One inference worker as the agent sees it: a child process with one request in flight and a deadline for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GobyError, InputError, isExpected, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { LibraryWords } from './library-words.ts';
import { MessageReader } from './message-reader.ts';
import { encodeHead, type Reply, type Request, replySchema } from './protocol.ts';
import { SharedMemory } from './shared-memory.ts';

export interface WorkerSettings {
  readonly accelerator: 'cpu' | 'edgetpu';
  readonly library: string;
  readonly edgetpuLibrary?: string;
  /** `auto`: measured for each model, at most `mostThreads`. */
  readonly threads: number | 'auto';
  readonly mostThreads?: number;
  readonly builtInKernels?: boolean;
}

export interface WorkerMemory {
  /** Where tensors are handed over; absent: shared memory. */
  readonly folder?: string;
  /** There is none, or no more of it: tensors go through the pipe instead, which costs two copies each. */
  onNone?(why: string): void;
}

/** Inputs where the worker finds them. */
export interface Handed {
  readonly bytes: number;
  /** For the pipe, where memory is used up. */
  readonly parts?: readonly Uint8Array[];
}

interface Pending {
  readonly id: number;
  readonly timer: NodeJS.Timeout;
  resolve(answer: { reply: Reply; payload: Uint8Array }): void;
  reject(error: GobyError): void;
}

/** Omit that keeps a union apart. */
type WithoutId<Message> = Message extends unknown ? Omit<Message, 'id'> : never;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #memory: SharedMemory | undefined;
  readonly #onNoMemory: (why: string) => void;
  #hasEnded = false;
  readonly #title: string;
  readonly #words = new LibraryWords();
  #pending: Pending | undefined;
  #lastId = 0;
  #fault: string | undefined;
  readonly exited: Promise<string>;

  /** Starts the process. Its stderr goes to the log, the last lines also into messages. */
  constructor(settings: WorkerSettings, logger: Logger, { folder, onNone = () => undefined }: WorkerMemory = {}) {
    this.#onNoMemory = onNone;
    this.#memory = this.#openMemory(folder);
    this.#title = settings.accelerator === 'edgetpu' ? 'Edge TPU worker' : 'CPU worker';
    const program = fileURLToPath(new URL(`./worker/worker${extname(import.meta.url)}`, import.meta.url));
    this.#child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', this.#memory?.descriptor ?? 'ignore'],
    });
    this.#pipe = this.#child.stdio[3] as Socket;
    const reader = new MessageReader({ onMessage: (header, payload) => this.#take(header, payload) });
    this.#pipe.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch {
        this.kill('it answered garbage');
      }
    });
    this.#pipe.on('error', () => undefined);
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      if (!this.#words.take(line)) return;
      if (/^(ERROR|FATAL)|error/i.test(line)) logger.warn(line);
      else logger.debug(line);
    });
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#hasEnded = true;
        const why = this.#fault ?? how;
        this.#settle()?.reject(new UnavailableError(`The ${this.#title} ended: ${why}.`));
        resolve(why);
      };
      this.#child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
      this.#child.once('error', (error) => end(error.message));
    });
    void this.exited.then(() => this.#memory?.close());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Puts the inputs of the next request where the worker reads them. Memory that is used up comes back some time: each time it is
   * tried first.
   * @throws UnavailableError when there is no worker any more
   */
  put(inputs: readonly Uint8Array[]): Handed {
    if (this.#pending) throw new GobyError('a worker takes one request at a time');
    if (this.#hasEnded) throw new UnavailableError(`The ${this.#title} has ended.`);
    const bytes = lengthOf(inputs);
    if (this.#memory === undefined) return { bytes, parts: inputs };
    try {
      return { bytes: this.#memory.write(inputs) };
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#onNoMemory(error.message);
      return { bytes, parts: inputs };
    }
  }

  #openMemory(folder: string | undefined): SharedMemory | undefined {
    try {
      return new SharedMemory(folder);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#onNoMemory(error.message);
      return undefined;
    }
  }

  /**
   * Sends an inference of what was put, and waits for its answer.
   * @throws as request() does
   */
  infer(
    model: string,
    { bytes, parts }: Handed,
    limit: { deadlineMs: number },
  ): Promise<{ reply: Reply; payload: Uint8Array }> {
    if (parts === undefined) return this.request({ kind: 'infer', model, bytes }, limit);
    return this.request({ kind: 'infer', model, bytes, inPayload: true }, limit, parts);
  }

  /**
   * Sends one request and waits for its answer. Only one at a time.
   * @throws InputError when the model or request is at fault, UnavailableError when the worker is
   */
  request(
    message: WithoutId<Request>,
    { deadlineMs }: { deadlineMs: number },
    payload: readonly Uint8Array[] = [],
  ): Promise<{ reply: Reply; payload: Uint8Array }> {
    if (this.#pending) throw new GobyError('a worker takes one request at a time');
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const key = message.kind === 'infer' ? ' (infer.deadlineMs)' : '';
      const late = (): void => {
        // After a long task of this process the timer comes first, and the answer may lie in the pipe: it is read before the check phase.
        setImmediate(() => {
          if (this.#pending?.id === id) this.kill(`no answer within ${deadlineMs} ms${key}`);
        });
      };
      const timer = setTimeout(late, deadlineMs);
      this.#pending = { id, timer, resolve, reject };
      this.#words.begin(id);
      this.#pipe.write(encodeHead({ ...message, id } as Request, lengthOf(payload)));
      for (const part of payload) this.#pipe.write(part);
    });
  }

  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** Ends the process at once, also a stopped one. What was asked is rejected with the reason. */
  kill(reason: string): void {
    this.#fault ??= reason;
    this.#child.kill('SIGKILL');
  }

  #take(header: unknown, payload: Uint8Array): void {
    const reply = replySchema.parse(header);
    if (this.#pending?.id !== reply.id) throw new RangeError('an answer that nobody waits for');
    const pending = this.#settle()!;
    if (reply.kind !== 'failed') pending.resolve({ reply, payload });
    else {
      const { message, permanent } = reply;
      void this.#words.of(reply.id).then((words) => {
        const told = words === undefined ? message : `${message} The library says: ${words}`;
        pending.reject(permanent ? new InputError(told) : new UnavailableError(told));
      });
    }
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) clearTimeout(pending.timer);
    return pending;
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

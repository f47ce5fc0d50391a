/** One inference worker as the agent sees it: a child process with at most two requests in flight and a deadline for the first. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GobyError, InputError, isExpected, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { LibraryWords } from './library-words.ts';
import { MessageReader } from './message-reader.ts';
import { encodeHead, type Request, slots } from './protocol.ts';
import { type Reply, replySchema } from './reply-schema.ts';
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
  /** Of the memory that is theirs until the answer. */
  readonly slot: number;
  /** For the pipe, where memory is used up. */
  readonly parts?: readonly Uint8Array[];
}

/** What a worker said. */
export interface Answered {
  readonly reply: Reply;
  /** Valid until the next answer but one. */
  readonly payload: Uint8Array;
  /** performance.now() when the request before this one was answered; 0: there was none. */
  readonly firstSinceMs: number;
  /** performance.now() when it was read. */
  readonly answeredMs: number;
}

interface Pending {
  readonly id: number;
  readonly slot?: number;
  /** Begins when it is the first: until then the worker doesn't know of it. */
  timer?: NodeJS.Timeout;
  firstSinceMs: number;
  readonly deadlineMs: number;
  readonly deadlineKey: string;
  resolve(answer: Answered): void;
  reject(error: GobyError): void;
}

/** Omit that keeps a union apart. */
type WithoutId<Message> = Message extends unknown ? Omit<Message, 'id'> : never;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  /** One for each slot; none where there is none. */
  readonly #memories: readonly SharedMemory[];
  readonly #onNoMemory: (why: string) => void;
  #hasEnded = false;
  readonly #title: string;
  readonly #words = new LibraryWords();
  /** In the order in which they are answered. */
  readonly #pending: Pending[] = [];
  #lastId = 0;
  #fault: string | undefined;
  readonly exited: Promise<string>;

  /** Starts the process. Its stderr goes to the log, the last lines also into messages. */
  constructor(settings: WorkerSettings, logger: Logger, { folder, onNone = () => undefined }: WorkerMemory = {}) {
    this.#onNoMemory = onNone;
    this.#memories = this.#openMemories(folder);
    this.#title = settings.accelerator === 'edgetpu' ? 'Edge TPU worker' : 'CPU worker';
    const program = fileURLToPath(new URL(`./worker/worker${extname(import.meta.url)}`, import.meta.url));
    this.#child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...this.#memories.map(({ descriptor }) => descriptor)],
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
        const error = new UnavailableError(`The ${this.#title} ended: ${why}.`);
        while (this.#pending.length > 0) this.#settle().reject(error);
        resolve(why);
      };
      this.#child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
      this.#child.once('error', (error) => end(error.message));
    });
    void this.exited.then(() => {
      for (const memory of this.#memories) memory.close();
    });
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
    if (this.#hasEnded) throw new UnavailableError(`The ${this.#title} has ended.`);
    const bytes = lengthOf(inputs);
    const slot = Array.from({ length: slots }, (_, at) => at).find((at) =>
      this.#pending.every((one) => one.slot !== at),
    );
    if (slot === undefined) throw new GobyError(`a worker takes ${slots} inferences at a time`);
    const memory = this.#memories[slot];
    if (memory === undefined) return { bytes, slot, parts: inputs };
    try {
      return { bytes: memory.write(inputs), slot };
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#onNoMemory(error.message);
      return { bytes, slot, parts: inputs };
    }
  }

  #openMemories(folder: string | undefined): SharedMemory[] {
    const opened: SharedMemory[] = [];
    try {
      while (opened.length < slots) opened.push(new SharedMemory(folder));
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#onNoMemory(error.message);
    }
    return opened;
  }

  /**
   * Sends an inference of what was put, and waits for its answer.
   * @throws as request() does
   */
  infer(model: string, { bytes, slot, parts }: Handed, limit: { deadlineMs: number }): Promise<Answered> {
    if (parts === undefined) return this.request({ kind: 'infer', model, bytes, slot }, limit);
    return this.request({ kind: 'infer', model, bytes, slot, inPayload: true }, limit, parts);
  }

  /**
   * Sends one request and waits for its answer: the deadline counts from when no other is before it. At most two at a time.
   * @throws InputError when the model or request is at fault, UnavailableError when the worker is
   */
  request(
    message: WithoutId<Request>,
    { deadlineMs }: { deadlineMs: number },
    payload: readonly Uint8Array[] = [],
  ): Promise<Answered> {
    if (this.#pending.length >= slots) throw new GobyError(`a worker takes ${slots} requests at a time`);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const isInference = message.kind === 'infer';
      this.#pending.push({
        id,
        ...(isInference ? { slot: message.slot } : {}),
        firstSinceMs: 0,
        deadlineMs,
        deadlineKey: isInference ? ' (infer.deadlineMs)' : '',
        resolve,
        reject,
      });
      if (this.#pending.length === 1) {
        this.#words.begin();
        this.#waitForFirst();
      }
      this.#pipe.write(encodeHead({ ...message, id } as Request, lengthOf(payload)));
      for (const part of payload) this.#pipe.write(part);
    });
  }

  #waitForFirst(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const { id, deadlineMs, deadlineKey } = first;
    const late = (): void => {
      // After a long task of this process the timer comes first, and the answer may lie in the pipe: it is read before the check phase.
      setImmediate(() => {
        if (this.#pending[0]?.id === id) this.kill(`no answer within ${deadlineMs} ms${deadlineKey}`);
      });
    };
    first.timer = setTimeout(late, deadlineMs);
  }

  get busy(): boolean {
    return this.#pending.length > 0;
  }

  /** Ends the process at once, also a stopped one. What was asked is rejected with the reason. */
  kill(reason: string): void {
    this.#fault ??= reason;
    this.#child.kill('SIGKILL');
  }

  #take(header: unknown, payload: Uint8Array): void {
    const reply = replySchema.parse(header);
    if (this.#pending[0]?.id !== reply.id) throw new RangeError('an answer that nobody waits for');
    const pending = this.#settle();
    const answeredMs = performance.now();
    const [next] = this.#pending;
    if (next !== undefined) next.firstSinceMs = answeredMs;
    this.#waitForFirst();
    if (reply.kind !== 'failed') pending.resolve({ reply, payload, firstSinceMs: pending.firstSinceMs, answeredMs });
    else {
      const { message, permanent } = reply;
      void this.#words.of(reply.id).then((words) => {
        const told = words === undefined ? message : `${message} The library says: ${words}`;
        pending.reject(permanent ? new InputError(told) : new UnavailableError(told));
      });
    }
  }

  /** The first, which is answered or given up. */
  #settle(): Pending {
    const pending = this.#pending.shift()!;
    clearTimeout(pending.timer);
    return pending;
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

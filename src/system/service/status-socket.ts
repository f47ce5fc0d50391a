/** The local status socket: the agent writes its status as one line of JSON to whoever connects, and closes. */
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { GobyError, sentence, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { maskAddresses } from '../../text/addresses.ts';
import { type AgentStatus, agentStatusSchema } from './status.ts';

/** Longest path the kernel takes for a unix socket, without its ending zero. */
const longestPath = 107;
/** A status is some kilobytes; more is no goby. */
const longestAnswer = 4_000_000;

/** Where the agent listens: as configured, else in systemd's runtime folder or the state folder of a checkout. */
export function statusSocketPath(
  service: { readonly statusSocket?: string | undefined },
  places: { readonly runtimeDir: string },
): string {
  return service.statusSocket ?? join(places.runtimeDir, 'status.sock');
}

export interface StatusServerOptions {
  readonly path: string;
  readonly status: () => AgentStatus;
  readonly logger: Logger;
}

export class StatusServer {
  readonly #path: string;
  readonly #status: () => AgentStatus;
  readonly #logger: Logger;
  #server: Server | undefined;

  constructor({ path, status, logger }: StatusServerOptions) {
    this.#path = path;
    this.#status = status;
    this.#logger = logger;
  }

  /** Listens, for owner and group only. Rejects with GobyError when another agent answers there, or the place can't be used. */
  async start(): Promise<void> {
    if (Buffer.byteLength(this.#path) > longestPath)
      throw new GobyError(`The status socket's path has more than ${longestPath} bytes: ${this.#path}.`, {
        remedy: 'Set service.statusSocket to a shorter one.',
      });
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await removeStaleSocket(this.#path);
      this.#server = await this.#listen();
      await chmod(this.#path, 0o660);
    } catch (error) {
      if (error instanceof GobyError) throw error;
      throw new GobyError(`The status socket ${this.#path} can't be made: ${sentence(error)}.`, {
        remedy: 'Set service.statusSocket to a path in a folder that goby may write to.',
        cause: error,
      });
    }
  }

  /** Closes and removes the socket. May be called more than once. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  #listen(): Promise<Server> {
    const server = createServer((client) => {
      // A client that goes away early is no event.
      client.on('error', () => undefined);
      client.setTimeout(5000, () => client.destroy());
      try {
        client.end(`${maskAddresses(JSON.stringify(this.#status()))}\n`);
      } catch (error) {
        this.#logger.error(`the status can't be told: ${sentence(error)}`);
        client.destroy();
      }
      client.resume();
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      // The socket's file is made inside listen(): the mask keeps others out from its first moment.
      const mask = process.umask(0o117);
      try {
        server.listen(this.#path, () => {
          server.off('error', reject);
          server.on('error', (error) => this.#logger.warn(`status socket: ${error.message}`));
          resolve(server);
        });
      } finally {
        process.umask(mask);
      }
    });
  }
}

/**
 * Asks the agent that listens at `path`.
 * @returns undefined when no agent runs there
 * @throws UnavailableError when the socket may not be opened, or nothing sensible comes within the timeout
 */
export async function askStatus(path: string, timeoutMs = 3000): Promise<AgentStatus | undefined> {
  let text: string;
  try {
    text = await readLine(path, timeoutMs);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES')
      throw new UnavailableError(`The status socket ${path} may not be opened by this user.`, {
        remedy: 'Use sudo, or add yourself to the group goby: sudo usermod -aG goby $USER, and log in again.',
        cause: error,
      });
    throw new UnavailableError(`The agent at ${path} gave no status: ${sentence(error)}.`, { cause: error });
  }
  const answer = agentStatusSchema.safeParse(jsonOrUndefined(text));
  if (answer.success) return answer.data;
  const where = answer.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ');
  throw new UnavailableError(`What answers at ${path} gives no status of goby (wrong: ${where}).`, {
    remedy: 'If goby was just updated, restart it: sudo systemctl restart goby.',
  });
}

function readLine(path: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const parts: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on('data', (part) => {
      parts.push(part);
      length += part.length;
      if (length > longestAnswer) socket.destroy(new Error(`the answer is longer than ${longestAnswer} bytes`));
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on('end', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).toString('utf8'));
    });
  });
}

/** Removes a socket file that nobody serves any more. @throws GobyError when an agent answers or the file is something else */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new GobyError(`${path} is there and is not a socket, so goby leaves it alone.`, {
      remedy: 'Remove it, or set service.statusSocket to another path.',
    });
  if (await isServed(path)) {
    const other = await askStatus(path).catch(() => undefined);
    const who = other === undefined ? 'Another program' : `Another goby (process ${other.pid})`;
    throw new GobyError(`${who} answers at ${path} already.`, {
      remedy: 'Stop it first (sudo systemctl stop goby), or set service.statusSocket to another path.',
    });
  }
  await unlink(path).catch(() => undefined);
}

/** True unless the kernel says that nobody listens. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

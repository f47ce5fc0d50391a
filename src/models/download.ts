/** Fetches one file over HTTP into a part file, continuing where an interrupted transfer stopped. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GobyError, InputError, sentence, UnavailableError } from '../errors.ts';
import { writeError } from '../system/files/put-file.ts';
import { backoffMs, type RandomSource } from '../system/service/retry.ts';

export interface Download {
  readonly url: string;
  /** Grows while bytes come in; stays for the next try when the transfer breaks off. */
  readonly part: string;
  /** Size the file must have, where it is known. */
  readonly bytes?: number | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number | undefined) => void) | undefined;
  readonly patience?: Patience | undefined;
}

export interface Patience {
  /** Longest silence, before the first byte and between two. */
  readonly idleTimeoutMs: number;
  /** Tries in a row that bring no byte. */
  readonly tries: number;
  /** Longest pause after the first failed try; it doubles. */
  readonly firstPauseMs: number;
  /** For the jitter of pauses; absent: Math.random. */
  readonly random?: RandomSource;
}

const defaultPatience: Patience = { idleTimeoutMs: 30_000, tries: 3, firstPauseMs: 1000 };

/** For files whose size isn't known beforehand: the largest model of the catalog has 27 MB. */
const maxBytes = 200 << 20;
const maxRedirects = 5;

const remedy =
  'Run the same command again with network: it goes on where it stopped. Or name a folder that has the file as models.mirror or GOBY_MODEL_MIRROR.';

/** A transfer that broke off and may go on: never leaves this file. */
class Interrupted extends Error {}

/**
 * Brings the part file to its full length; its content is not checked here.
 * @returns whether bytes of an earlier try were kept, so that a wrong hash may be their fault
 * @throws UnavailableError when the server can't be reached, doesn't have the file or breaks off too often
 * @throws InputError when it sends more than was pinned
 */
export async function download({
  url,
  part,
  bytes,
  onProgress,
  patience = defaultPatience,
}: Download): Promise<{ resumed: boolean }> {
  await mkdir(dirname(part), { recursive: true }).catch((error: unknown) => {
    throw writeError(error, part);
  });
  const already = await lengthOf(part);
  await checkSpace(part, (bytes ?? 0) - already);
  let failures = 0;
  for (;;) {
    const before = await lengthOf(part);
    try {
      await transfer({ url, part, bytes, onProgress, patience }, before);
      return { resumed: already > 0 };
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      failures = (await lengthOf(part)) > before ? 1 : failures + 1;
      if (failures >= patience.tries) {
        throw new UnavailableError(`${redacted(url)} can't be fetched: ${error.message}.`, {
          remedy,
          cause: error,
        });
      }
      const { firstPauseMs, random } = patience;
      await sleep(backoffMs(failures - 1, { firstMs: firstPauseMs, factor: 2, maxMs: 30_000 }, random));
    }
  }
}

/** One request, from the byte the part file ends with. */
async function transfer(
  { url, part, bytes, onProgress, patience }: Download & { patience: Patience },
  have: number,
): Promise<void> {
  if (bytes !== undefined && have === bytes) return;
  if (bytes !== undefined && have > bytes) {
    await rm(part, { force: true });
    have = 0;
  }
  const silence = new AbortController();
  const watch = setTimeout(() => silence.abort(), patience.idleTimeoutMs);
  try {
    const response = await request(url, have, silence.signal);
    const start = response.status === 206 ? have : 0;
    if (response.status === 206 && rangeStart(response) !== have) {
      await response.body?.cancel();
      await rm(part, { force: true });
      throw new Interrupted('the server sent another range than the one asked for');
    }
    const limit = bytes ?? maxBytes;
    const announced = response.headers.get('content-length');
    const total = announced === null || response.headers.has('content-encoding') ? bytes : start + Number(announced);
    if (total !== undefined && total > limit) {
      await response.body?.cancel();
      throw tooLong(url, total, limit);
    }
    let done = start;
    const counted = async function* (body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of Readable.fromWeb(
        body as Parameters<typeof Readable.fromWeb>[0],
      ) as AsyncIterable<Uint8Array>) {
        watch.refresh();
        done += chunk.length;
        if (done > limit) throw tooLong(url, done, limit);
        onProgress?.(done, total);
        yield chunk;
      }
    };
    if (response.body === null) throw new Interrupted('the answer was empty');
    await pipeline(counted(response.body), createWriteStream(part, { flags: start === 0 ? 'w' : 'a' }));
    if (total !== undefined && done < total) throw new Interrupted(`it broke off after ${done} of ${total} bytes`);
  } catch (error) {
    throw failure(error, part, silence.signal.aborted, patience);
  } finally {
    clearTimeout(watch);
  }
}

/** Follows redirects by hand, so that https never falls back to http. */
async function request(url: string, have: number, signal: AbortSignal): Promise<Response> {
  const { origin, username, password } = new URL(url);
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  let address = withoutLogin(url);
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'goby' };
    if (have > 0) headers['range'] = `bytes=${have}-`;
    // Never to another server that it leads on to.
    if (username !== '' && new URL(address).origin === origin) headers['authorization'] = `Basic ${login}`;
    const response = await fetch(address, { redirect: 'manual', signal, headers });
    const { status } = response;
    if (status === 200 || status === 206) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (status >= 300 && status < 400 && location !== null) {
      const next = new URL(location, address);
      if (
        !['http:', 'https:'].includes(next.protocol) ||
        (address.startsWith('https:') && next.protocol !== 'https:')
      ) {
        throw new UnavailableError(`${redacted(url)} leads on to ${redacted(next.href)}, which is not safe to follow.`);
      }
      address = withoutLogin(next.href);
    } else if (status === 416 && have > 0) {
      return request(url, 0, signal);
    } else if (status === 429 || status >= 500) {
      throw new Interrupted(`the server answered ${status}`);
    } else {
      throw new UnavailableError(
        `${redacted(url)} can't be fetched: the server answered ${status}${status === 404 ? ' (there is no such file)' : ''}.`,
      );
    }
  }
  throw new UnavailableError(`${redacted(url)} can't be fetched: it leads on more than ${maxRedirects} times.`);
}

/** fetch() takes no address with a login. */
function withoutLogin(url: string): string {
  const address = new URL(url);
  address.username = '';
  address.password = '';
  return address.href;
}

function rangeStart(response: Response): number | undefined {
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return match === null ? undefined : Number(match[1]);
}

function failure(error: unknown, part: string, silent: boolean, patience: Patience): unknown {
  if (error instanceof Interrupted || error instanceof GobyError) return error;
  if (silent) return new Interrupted(`nothing came for ${patience.idleTimeoutMs / 1000} s`);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'write' || syscall === 'open') return writeError(error, part);
  const cause = (error as Error).cause;
  const reason = code ?? (cause as NodeJS.ErrnoException | undefined)?.code ?? sentence(cause ?? error);
  return new Interrupted(`the connection failed (${reason})`);
}

async function checkSpace(part: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(part));
  const freeBytes = bavail * bsize;
  if (neededBytes > freeBytes) {
    throw new GobyError(
      `The disk is too full for ${part}: ${megabytes(neededBytes)} MB are needed and ${megabytes(freeBytes)} MB are free.`,
      { remedy: 'Free some space and run the same command again.' },
    );
  }
}

async function lengthOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function tooLong(url: string, found: number, limit: number): InputError {
  return new InputError(
    `${redacted(url)} sends ${found} bytes or more, and at most ${limit} are expected; it was left.`,
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** The address without user, password and query, which may hold secrets. */
export function redacted(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

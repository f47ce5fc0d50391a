/**
 * Model files of strangers are read in a process of their own, within limits of time and memory: what a crafted file may cost is
 * then lost with that process, and the agent goes on with the model it has.
 */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, exitCode, type GobyError, InputError, UnavailableError } from '../../errors.ts';
import type { Model } from '../model.ts';
import type { ResolveRequest } from '../resolve.ts';
import { type ApartAnswer, type ApartRequest, apartAnswerSchema } from './answer.ts';
import { contentOf, EndedBadly } from './ended-badly.ts';

export interface ApartLimits {
  /** Of the processor: a machine that is busy with other things makes no file a harmful one. */
  readonly processorMs: number;
  /** Until it is given up. */
  readonly timeMs: number;
  /** Resident memory of the process, beside four times the file. */
  readonly memoryBytes: number;
}

/** A cold start of Node on a Pi Zero 2 W takes some seconds, and rewriting a model a few more. A start has 120 s: goby.service. */
const defaultLimits: ApartLimits = { processorMs: 20_000, timeMs: 80_000, memoryBytes: 200 << 20 };
/** The file itself, and what a rewritten one is made of. */
const copiesOfFile = 4;
/** Signals that a process gets for what it did itself. */
const faults: ReadonlySet<NodeJS.Signals> = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP']);
const watchEveryMs = 50;
/** A model with a thousand labels has 20 KB of JSON. */
const longestAnswerBytes = 8 << 20;
const pageBytes = 4096;
/** Length of a tick in proc_pid_stat(5): USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/**
 * resolveModel for a file that isn't pinned by the catalog; the file that would run was read whole, with every index in it.
 * @throws what resolveModel does; InputError where a limit was passed
 */
export async function resolveApart(
  { catalog: _, ...request }: ResolveRequest,
  limits: ApartLimits = defaultLimits,
): Promise<Model> {
  const own = Object.hasOwn(request.config.own, request.name) ? request.config.own[request.name] : undefined;
  const path = own?.file ?? request.name;
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  const record = new EndedBadly(request.places.stateDir);
  const files = [path, own?.edgetpuFile, own?.labels ?? request.labelsFile].filter((file) => file !== undefined);
  // Another configuration of the model, or another goby, is another trial.
  const content = await contentOf(files, [limits, own ?? {}, await version(request.places.root)]);
  const before = content === undefined ? undefined : await record.find(content);
  if (before !== undefined) {
    throw new InputError(
      `The model file ${path} can't be used: when it was tried (${before.at}), ${before.why}. It is tried again when it changes, or when ${record.path} is removed.`,
      { remedy: 'It is damaged, or made to harm.' },
    );
  }
  const onEnd = async (why: string): Promise<void> => {
    if (content !== undefined) await record.add(content, why);
  };
  const bounds = { ...limits, memoryBytes: limits.memoryBytes + copiesOfFile * size };
  const answer = await ask(request, path, bounds, onEnd);
  if ('model' in answer) return answer.model as unknown as Model;
  throw errorOf(answer);
}

async function version(root: string): Promise<string> {
  return readFile(join(root, 'package.json'), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
    () => '',
  );
}

function ask(
  request: ApartRequest,
  path: string,
  { processorMs, timeMs, memoryBytes }: ApartLimits,
  onEnd: (why: string) => Promise<void>,
): Promise<ApartAnswer> {
  const program = fileURLToPath(new URL(`./reader-process${extname(import.meta.url)}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, program], { stdio: ['pipe', 'pipe', 'ignore'] });
    let fault: string | undefined;
    const end = (why: string): void => {
      fault ??= why;
      child.kill('SIGKILL');
    };
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > longestAnswerBytes) end('it says far too much of itself');
      else chunks.push(chunk);
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end(`it was not read within ${timeMs / 1000} s`);
    }, timeMs);
    const watch = setInterval(() => {
      void costOf(child.pid).then((cost) => {
        if (cost.bytes > memoryBytes) end(`reading it took more than ${memoryBytes >> 20} MB of memory`);
        if (cost.processorMs > processorMs) end(`reading it took more than ${processorMs / 1000} s of the processor`);
      });
    }, watchEveryMs);
    let isStarted = true;
    child.once('error', (error) => {
      isStarted = false;
      fault ??= error.message;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      clearInterval(watch);
      const answer = fault === undefined ? answerOf(Buffer.concat(chunks)) : undefined;
      if (answer !== undefined) resolve(answer);
      else {
        if (isLate) {
          reject(new UnavailableError(`The model file ${path} can't be used: ${fault}; this machine is too busy.`));
          return;
        }
        const why = fault ?? `the process that read it ended (${signal ?? `exit code ${code}`})`;
        // A process that somebody else ended, such as the kernel for memory, says nothing of the file.
        const isOfFile = (fault !== undefined && isStarted) || (signal !== null && faults.has(signal));
        void (isOfFile ? onEnd(why) : Promise.resolve()).then(() =>
          reject(
            new InputError(`The model file ${path} can't be used: ${why}.`, {
              remedy: 'It is damaged, or made to harm.',
            }),
          ),
        );
      }
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}

/** Nothing for a process that has ended: proc_pid_stat(5), fields 14, 15 and 24. */
async function costOf(pid: number | undefined): Promise<{ processorMs: number; bytes: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name of the program, in brackets before, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3] ?? 0);
  return { processorMs: (at(14) + at(15)) * tickMs, bytes: at(24) * pageBytes };
}

function answerOf(bytes: Buffer): ApartAnswer | undefined {
  try {
    return apartAnswerSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

function errorOf({ message, code }: Extract<ApartAnswer, { message: string }>): GobyError {
  if (code === exitCode.config) return new ConfigError(message);
  if (code === exitCode.unavailable) return new UnavailableError(message);
  return new InputError(message);
}

/** What a child of goby prints, at low priority: for work that a camera must not wait for. */
import { spawn } from 'node:child_process';
import type { z } from 'zod';
import { GobyError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { lowerPriority } from './low-priority.ts';

export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface ChildLimits {
  readonly logger: Logger;
  /** How long it may take. */
  readonly patienceMs: number;
  /** Of what it prints; the rest is let go. */
  readonly mostCharacters: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** @returns what it printed. @throws GobyError with the child's own words, or with how it ended */
export async function answerOfChild({ program, args, env }: ChildCommand, limits: ChildLimits): Promise<string> {
  const { logger, patienceMs, mostCharacters, signal } = limits;
  const child = spawn(program, args, {
    ...{ env, stdio: ['ignore', 'pipe', 'pipe'], timeout: patienceMs },
    ...(signal === undefined ? {} : { signal }),
  });
  if (child.pid !== undefined) lowerPriority(child.pid, logger);
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      if (told[name].length < mostCharacters) told[name] += text;
    });
  }
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (exit, ended) => resolve(exit ?? String(ended)));
  });
  if (code === 0) return told.stdout;
  const why = /^goby: (.*)$/m.exec(told.stderr)?.[1] ?? `it ended with ${code}`;
  throw new GobyError(why.slice(0, 500));
}

/** What a child printed as one JSON object; undefined for text that is none of this schema. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Who is logged in: random tokens, of which only hashes are kept, here and on disk. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { StateFile } from '../../system/files/state-file.ts';
import { type Role, roles } from '../../system/login/password-file.ts';

/** A session that nobody used for this long is over. */
const idleMs = 30 * 86_400_000;
const mostSessions = 50;
/** Use is written to disk this seldom: a card shall live. */
const noteEveryMs = 3_600_000;

const sessionSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  role: z.enum(roles),
  /** Of the password it was opened with: see Accounts.mark. */
  passwordMark: z.string().max(64),
  createdMs: z.number(),
  usedMs: z.number(),
  address: z.string().max(64),
  browser: z.string().max(200),
});
const fileSchema = z.array(sessionSchema).max(mostSessions);
type Session = z.output<typeof sessionSchema>;

/** A session as its owner may see it. */
export type SessionSummary = Omit<Session, 'tokenHash' | 'passwordMark'>;

export interface Sessions {
  /** @returns the token for the browser's cookie, which is nowhere else */
  create(
    role: Role,
    from: { readonly address: string; readonly browser: string; readonly passwordMark: string },
  ): string;
  /** The session of a token, if it is one, not over, and opened with the password that `markOf` its role stands for. */
  find(token: string, markOf: (role: Role) => string | undefined): SessionSummary | undefined;
  list(): SessionSummary[];
  /** Ends a session. @returns whether there was one */
  revoke(id: string): boolean;
  /** Called with the id of each session that ends by being revoked. */
  onEnd(listener: (id: string) => void): void;
  /** Resolves when all of them are in the file, or can't be. */
  settled(): Promise<void>;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** @param path where they outlive a restart; a file that can't be read means that everybody logs in anew */
export function openSessions({
  path,
  logger,
  now = Date.now,
}: {
  path: string;
  logger: Logger;
  now?: () => number;
}): Sessions {
  const file = new StateFile(path);
  const sessions = new Map<string, Session>();
  const listeners: ((id: string) => void)[] = [];
  for (const session of readSessions(file, logger)) sessions.set(session.tokenHash, session);

  let saved: Promise<void> = Promise.resolve();
  const save = (): void => {
    const written = file
      .write(`${JSON.stringify([...sessions.values()])}\n`, { mode: 0o600 })
      .catch((error: unknown) => {
        logger.warn(`logins of the page can't be kept over a restart: ${sentence(error)}`);
      });
    saved = Promise.all([saved, written]).then(() => undefined);
  };
  const end = (isOver: (session: Session) => boolean): boolean => {
    const over = [...sessions.values()].filter(isOver);
    for (const { tokenHash } of over) sessions.delete(tokenHash);
    if (over.length > 0) save();
    for (const { id } of over) for (const listener of listeners) listener(id);
    return over.length > 0;
  };
  const summary = ({ tokenHash: _hash, passwordMark: _mark, ...rest }: Session): SessionSummary => rest;
  return {
    create: (role, { address, browser, passwordMark }) => {
      const token = randomBytes(32).toString('base64url');
      const id = randomBytes(6).toString('hex');
      end(({ usedMs }) => now() - usedMs > idleMs);
      if (sessions.size >= mostSessions) {
        const oldest = [...sessions.values()].reduce((a, b) => (a.usedMs <= b.usedMs ? a : b));
        end(({ id: one }) => one === oldest.id);
      }
      const at = now();
      const session = {
        ...{ id, tokenHash: hashOf(token), role, passwordMark, createdMs: at, usedMs: at },
        ...{ address: address.slice(0, 64), browser: browser.slice(0, 200) },
      };
      sessions.set(session.tokenHash, session);
      save();
      return token;
    },
    find: (token, markOf) => {
      const session = sessions.get(hashOf(token));
      if (session === undefined || session.passwordMark !== markOf(session.role)) return undefined;
      if (now() - session.usedMs > idleMs) return undefined;
      if (now() - session.usedMs > noteEveryMs) {
        session.usedMs = now();
        save();
      }
      return summary(session);
    },
    list: () => [...sessions.values()].filter(({ usedMs }) => now() - usedMs <= idleMs).map(summary),
    revoke: (id) => end((session) => session.id === id),
    settled: () => saved,
    onEnd: (listener) => listeners.push(listener),
  };
}

function readSessions(file: StateFile, logger: Logger): Session[] {
  try {
    const text = file.read();
    return text === undefined ? [] : fileSchema.parse(JSON.parse(text));
  } catch (error) {
    logger.warn(`${file.path} can't be read, so everybody logs in anew: ${sentence(error).split('\n')[0]}`);
    return [];
  }
}

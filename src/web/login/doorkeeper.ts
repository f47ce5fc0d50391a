/** Decides who may enter: says who is asking, logs in and out. Without any password everybody on loopback is the administrator. */
import { sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Role } from '../../system/login/password-file.ts';
import type { Accounts } from './accounts.ts';
import { sessionToken } from './cookie.ts';
import type { LoginLimits } from './login-limits.ts';
import type { Sessions } from './sessions.ts';

/** Who asks. */
export interface Visitor {
  readonly role: Role;
  /** Of the session; undefined where no login is needed. */
  readonly session: string | undefined;
}

export type LoginOutcome =
  | { readonly kind: 'in'; readonly token: string; readonly role: Role }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly ms: number };

export interface LoginTry {
  readonly password: string;
  readonly address: string;
  readonly browser: string;
}

export interface Doorkeeper {
  /** Whether a login is needed at all. */
  readonly needsLogin: boolean;
  /** Whether anybody could log in; true, too, where that can't be read. */
  readonly hasPassword: boolean;
  /** @returns undefined for somebody who has to log in first */
  visitor(cookies: string | undefined): Visitor | undefined;
  login(asked: LoginTry): Promise<LoginOutcome>;
  /** The administrator's password once more, before what could harm. */
  isAdministrator(asked: LoginTry): Promise<Exclude<LoginOutcome, { kind: 'in' }> | { readonly kind: 'yes' }>;
}

export interface DoorkeeperParts {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly limits: LoginLimits;
  /** Whether only this machine reaches the page: without a password it is open then, and only then. */
  readonly isPrivate: boolean;
  readonly logger: Logger;
}

export function createDoorkeeper({ accounts, sessions, limits, isPrivate, logger }: DoorkeeperParts): Doorkeeper {
  let told = '';
  /** What can't be read shuts the door: somebody may have had a password. */
  const safely = <Value>(read: () => Value, otherwise: Value): Value => {
    try {
      return read();
    } catch (error) {
      if (told !== sentence(error)) logger.warn(`nobody can log in to the page: ${sentence(error)}`);
      told = sentence(error);
      return otherwise;
    }
  };
  const hasPassword = (): boolean => safely(() => accounts.hasPassword(), true);
  // Looked at for each answer: a password that is set while the page is open counts at once.
  const needsLogin = (): boolean => !isPrivate || hasPassword();
  const tryPassword = async ({ password, address }: LoginTry): Promise<Role | number | undefined> => {
    const waitMs = limits.waitMs(address);
    if (waitMs > 0) return waitMs;
    const role = await accounts.roleOf(password);
    if (role === undefined) {
      limits.wrong(address);
      logger.warn(`a wrong password from ${address}`);
    } else limits.right(address);
    return role;
  };
  return {
    get needsLogin() {
      return needsLogin();
    },
    get hasPassword() {
      return hasPassword();
    },
    visitor: (cookies) => {
      if (!needsLogin()) return { role: 'administrator', session: undefined };
      const token = sessionToken(cookies);
      const markOf = (role: Role): string | undefined => safely(() => accounts.mark(role), undefined);
      const session = token === undefined ? undefined : sessions.find(token, markOf);
      return session === undefined ? undefined : { role: session.role, session: session.id };
    },
    login: async (asked) => {
      const tried = await tryPassword(asked);
      if (typeof tried === 'number') return { kind: 'wait', ms: tried };
      if (tried === undefined) return { kind: 'wrong' };
      logger.info(`the ${tried} logged in to the page from ${asked.address}`);
      return {
        kind: 'in',
        role: tried,
        token: sessions.create(tried, { ...asked, passwordMark: accounts.mark(tried) ?? '' }),
      };
    },
    isAdministrator: async (asked) => {
      if (!needsLogin()) return { kind: 'yes' };
      const tried = await tryPassword(asked);
      if (typeof tried === 'number') return { kind: 'wait', ms: tried };
      return tried === 'administrator' ? { kind: 'yes' } : { kind: 'wrong' };
    },
  };
}

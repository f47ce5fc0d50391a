/**
 * How many passwords may be tried: from one address with a wait that doubles with each wrong one, and by all together no more than one
 * each second, so that many addresses don't help. Whoever is logged in is never kept out by others' tries.
 */
import { isIPv6 } from 'node:net';

/** Wrong tries that cost nothing: people mistype. */
const freeTries = 3;
const firstWaitMs = 2000;
const longestWaitMs = 15 * 60_000;
/** Tries of one address are forgotten after this long without any. */
const forgottenMs = 60 * 60_000;
/** By all addresses together. */
const oneEachMs = 1000;
/** All together may come in a burst this long. */
const burst = 10;
const mostAddresses = 1000;

interface Tries {
  wrong: number;
  lastMs: number;
}

export interface LoginLimits {
  /** How long this address has to wait before it may try; 0: now, and that counts as a try. */
  waitMs(address: string): number;
  wrong(address: string): void;
  right(address: string): void;
}

/** @param now monotonic, ms */
export function createLoginLimits(now: () => number): LoginLimits {
  const tries = new Map<string, Tries>();
  let tokens = burst;
  let filledMs = now();
  const takeToken = (): number => {
    tokens = Math.min(burst, tokens + (now() - filledMs) / oneEachMs);
    filledMs = now();
    if (tokens < 1) return Math.ceil((1 - tokens) * oneEachMs);
    tokens -= 1;
    return 0;
  };
  const forget = (): void => {
    for (const [key, { lastMs }] of tries) if (now() - lastMs > forgottenMs) tries.delete(key);
    // The oldest first: a Map keeps the order in which keys came.
    for (const key of tries.keys()) {
      if (tries.size <= mostAddresses) break;
      tries.delete(key);
    }
  };
  return {
    waitMs: (address) => {
      const own = tries.get(network(address));
      if (own !== undefined && own.wrong > freeTries) {
        const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (own.wrong - freeTries - 1));
        const leftMs = own.lastMs + waitMs - now();
        if (leftMs > 0) return Math.ceil(leftMs);
      }
      return takeToken();
    },
    wrong: (address) => {
      const key = network(address);
      const wrong = (tries.get(key)?.wrong ?? 0) + 1;
      tries.delete(key);
      tries.set(key, { wrong, lastMs: now() });
      forget();
    },
    right: (address) => tries.delete(network(address)),
  };
}

/** One household has a whole /64 of IPv6: counted as one. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) while (groups.length < 4) groups.push('0');
  return groups.slice(0, 4).join(':');
}

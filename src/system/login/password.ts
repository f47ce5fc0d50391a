/** Passwords as they are kept: a salted scrypt hash with its cost beside it, so that the cost can be raised later. */
import { type BinaryLike, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { InputError } from '../../errors.ts';

/**
 * Cost of one hash: N = 2^14, r = 8, p = 5, one of the equal settings of OWASP's Password Storage Cheat Sheet, and the one with the
 * least memory (16 MB), because a Pi Zero 2 W has little.
 */
const cost = { N: 16_384, r: 8, p: 5 } as const;
const keyBytes = 32;
const saltBytes = 16;
/** What a file may ask of this machine at most: it is read back from disk. */
const highest = { N: 1 << 17, r: 16, p: 16 } as const;

const shortestPassword = 10;
const longestPassword = 1024;

export function isPasswordLength(password: string): boolean {
  return [...password].length >= shortestPassword && password.length <= longestPassword;
}

/** @throws InputError for a password that is too short to be one */
export async function hashPassword(password: string): Promise<string> {
  if (!isPasswordLength(password)) {
    const { length } = [...password];
    throw new InputError(
      `A password has ${shortestPassword} to ${longestPassword} characters, this one has ${length}.`,
      {
        remedy: 'Three or four words that nobody would guess are a good one.',
      },
    );
  }
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$');
}

/** Compares in constant time. False, too, for a hash that isn't one. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [kind, N, r, p, salt, key] = hash.split('$');
  if (kind !== 'scrypt' || salt === undefined || key === undefined) return false;
  const asked = { N: Number(N), r: Number(r), p: Number(p) };
  if (!(asked.N <= highest.N && asked.r <= highest.r && asked.p <= highest.p)) return false;
  const kept = Buffer.from(key, 'base64');
  if (kept.length !== keyBytes || password.length > longestPassword) return false;
  const given = await derive(password, Buffer.from(salt, 'base64'), asked).catch(() => undefined);
  return given !== undefined && timingSafeEqual(given, kept);
}

function derive(password: BinaryLike, salt: Buffer, { N, r, p }: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(String(password).normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Labels as levels of topics. */
import { createHash } from 'node:crypto';

const longestSlug = 64;

/**
 * A label as a topic level: lower case, everything else than a-z, 0-9, _ and - as one _, at most 64 long, never empty. Marks on
 * letters go. A label with letters that others have no sign for here is told apart by a hash, so that two of them stay two:
 * `tur-96d0f2b3` for Tür, `label-...` where no letter is left.
 */
export function slug(label: string): string {
  const composed = label.normalize('NFC').toLowerCase();
  const plain = composed
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .slice(0, longestSlug)
    .replaceAll(/^_+|_+$/g, '');
  if (!/[^\p{ASCII}]/u.test(composed.replaceAll(/[^\p{L}\p{N}]/gu, ''))) return plain === '' ? '_' : plain;
  const hash = createHash('sha256').update(composed).digest('hex').slice(0, 8);
  return `${plain === '' ? 'label' : plain.slice(0, longestSlug - 9)}-${hash}`;
}

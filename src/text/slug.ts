/** Labels as levels of topics. */
import { createHash } from 'node:crypto';

const longestSlug = 64;

/**
 * A label as a topic level: lower case, everything else than a-z, 0-9, _ and - as one _, at most 64 long, never empty. Marks on
 * letters go. A label with letters that others have no sign for here is told apart by a hash, so that two of them stay two:
 * `tur-96d0f2b3` for Tür, `label-...` where no letter is left, as for signs alone (an emoji).
 */
export function slug(label: string, longest = longestSlug): string {
  const composed = label.normalize('NFC').toLowerCase();
  const plain = composed
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .slice(0, longest)
    .replaceAll(/^_+|_+$/g, '');
  // Signs between letters that are kept, such as a dash or an emoji, change no topic.
  const telling = plain === '' ? composed.replaceAll(/\s/gu, '') : composed.replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (!/[^\p{ASCII}]/u.test(telling)) return plain === '' ? '_' : plain;
  const hash = createHash('sha256').update(composed).digest('hex').slice(0, 8);
  return `${plain === '' ? 'label' : plain.slice(0, longest - 9)}-${hash}`;
}

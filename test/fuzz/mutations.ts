/** Seeded mutations of bytes: the same seed gives the same inputs, so that what is found can be found again. */

/** Numbers 0 <= n < 1, after mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values at which lengths, offsets and signs go wrong. */
const edges = [0, 1, 0x7f, 0x80, 0xff] as const;
const mostMutations = 6;

type Mutation = (bytes: Buffer, pick: (below: number) => number) => Buffer;

const mutations: readonly Mutation[] = [
  (bytes, pick) => {
    bytes[pick(bytes.length)]! ^= 1 << pick(8);
    return bytes;
  },
  (bytes, pick) => {
    bytes[pick(bytes.length)] = edges[pick(edges.length)]!;
    return bytes;
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    bytes.fill(edges[pick(edges.length)]!, at, Math.min(bytes.length, at + 1 + pick(8)));
    return bytes;
  },
  (bytes, pick) => bytes.subarray(0, pick(bytes.length) + 1),
  (bytes, pick) => {
    const [at, length] = [pick(bytes.length), 1 + pick(64)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (bytes, pick) => {
    const [from, at] = [pick(bytes.length), pick(bytes.length)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + 1 + pick(64)), bytes.subarray(at)]);
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    const inserted = Buffer.from(Array.from({ length: 1 + pick(16) }, () => pick(256)));
    return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
  },
];

/** What opens and closes a level in JSON and in YAML. */
const levels = [
  ['[', ']'],
  ['{"a":', '}'],
  ['{a: ', '}'],
  ['- ', ''],
] as const;
const mostLevels = 4000;

/** Levels inside each other around what stands between two places. */
function nested(bytes: Buffer, pick: (below: number) => number): Buffer {
  const [open, close] = levels[pick(levels.length)]!;
  const count = 1 + pick(mostLevels);
  const from = pick(bytes.length);
  const to = from + pick(Math.min(16, bytes.length - from));
  return Buffer.concat([
    bytes.subarray(0, from),
    Buffer.from(open.repeat(count)),
    bytes.subarray(from, to),
    Buffer.from(close.repeat(count)),
    bytes.subarray(to),
  ]);
}

/** One in this many inputs is nested. */
const nestedShare = 16;

/** One to a few mutations of a copy of `seed`. */
export function mutated(seed: Uint8Array, random: () => number): Buffer {
  const pick = (below: number) => Math.floor(random() * Math.max(1, below));
  let bytes: Buffer = Buffer.from(seed);
  if (pick(nestedShare) === 0) return nested(bytes, pick);
  for (let left = 1 + pick(mostMutations); left > 0; left--) {
    bytes = mutations[pick(mutations.length)]!(bytes, pick);
    if (bytes.length === 0) bytes = Buffer.from([0]);
  }
  return bytes;
}

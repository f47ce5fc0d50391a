/** How likely an object that the looks at a frame didn't show for certain is there all the same. A pure function. */
import type { Track } from './track.ts';

/** Time constants of what looks that missed it, and time in which looks didn't show it for certain, take away. */
const fadingMs = 280;
const sureMs = 300;

/**
 * Weights of a logistic regression on what exhaustive tiling (goby bench far) still had at the place of such tracks: walk.mp4, cars.mp4 and
 * their mirror images, each begun at six frames, ten frames a second, 16,000 places. On thirds of walk.mp4 that it wasn't fitted to such a
 * regression told 6 to 12 % more right boxes than the rule before it (the last score, fading) with as many wrong ones.
 */
const weights = {
  all: -5.3,
  /** The score it was seen with last, in shares of the minimum score, faded by what missed it. */
  score: 2.4,
  /** Of its looks with those before, 0..1; see findAgain(). */
  similarity: 2.5,
  /** 1 when the last look at its place showed it with at least the minimum score; nobody has looked there since. */
  sure: 1.6,
  /** Share of the last looks at it that showed it. */
  shown: 1.4,
};
/** What isn't compared, as there is no picture of it, is taken to look like this. */
const usualSimilarity = 0.8;

/** However low the minimum score is, a score is no surer than this many times it. */
const mostScore = 2;

/** @param minScore the minimum score, 0..1 @returns 0..1 */
export function presenceOf(track: Track, minScore: number): number {
  const { score, missingMs, lookedMs, sureMs: lastMs, similarity = usualSimilarity, views } = track;
  const shown = views.filter((view) => view.shown).length / Math.max(1, views.length);
  const evidence =
    weights.all +
    weights.score * Math.min(mostScore, score / minScore) * Math.exp(-missingMs / fadingMs) +
    weights.similarity * Math.max(0, similarity) +
    weights.sure * Math.exp(-Math.max(0, lookedMs - lastMs) / sureMs) +
    weights.shown * shown;
  return 1 / (1 + Math.exp(-evidence));
}

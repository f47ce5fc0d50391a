/** request/looks: what was followed on a camera lately, with its scores, so that other thresholds can be tried on it. */
import { z } from 'zod';
import { InputError } from '../../errors.ts';
import { type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { LoggedTrack } from '../../record/look-log.ts';

export interface LookLogs {
  /** Undefined for a camera that there isn't. */
  tracks(
    camera: string,
    sinceMs: number,
  ): Promise<{ fromMs: number | undefined; tracks: readonly LoggedTrack[] }> | undefined;
}

const schema = z.looseObject({
  transaction,
  camera: z.string().max(64),
  hours: z.number().min(0.1).max(24).default(24),
});

/** Looks of one track that are answered: the best ones decide what becomes of it. */
const mostScores = 12;
/** Tracks of one answer, the newest. */
const mostTracks = 1500;

export function lookRequests(logs: LookLogs, now: () => number = Date.now): Record<string, RequestHandler> {
  return {
    looks: request(schema, 'an object such as {"camera":"front","hours":24}', async ({ camera, hours }) => {
      const found = logs.tracks(camera, now() - hours * 3_600_000);
      if (found === undefined) throw new InputError(`There is no camera ${camera}.`);
      const { fromMs, tracks } = await found;
      const told = tracks.slice(-mostTracks);
      // What is left out is older, and the answer reaches back no further than what it holds.
      const reachesMs = told.length < tracks.length ? told[0]!.looks[0]!.atMs : fromMs;
      return { ...(reachesMs === undefined ? {} : { fromMs: reachesMs }), tracks: told.map(trackSummary) };
    }),
  };
}

/** Label, start and end, the best scores in falling order, and where it stood at the best look. */
function trackSummary({ track, label, looks }: LoggedTrack): object {
  const byScore = looks.toSorted((a, b) => b.score - a.score);
  const { box } = byScore[0]!;
  return {
    track,
    label,
    startMs: looks[0]!.atMs,
    endMs: looks.at(-1)!.atMs,
    looks: looks.length,
    scores: byScore.slice(0, mostScores).map(({ score }) => Number(score.toFixed(3))),
    box: box.map((side) => Number(side.toFixed(4))),
  };
}

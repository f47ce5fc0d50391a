/** What would have become of the last day, and where that is not known. */
import type { JSX } from 'preact';
import { dayOf, timeOf } from '../events/times.ts';
import { text } from '../texts/text.ts';
import { beyondLog, type PastTrack, type Tuning, wouldBeEvent } from './tuning.ts';

/** What request/looks answers. */
export interface PastLooks {
  /** From when on looks are known; absent: there are none. */
  readonly fromMs?: number;
  readonly tracks: readonly PastTrack[];
}

interface OutcomeProps {
  readonly past: PastLooks;
  readonly before: Tuning;
  readonly now: Tuning;
}

export function Outcome({ past: { fromMs, tracks }, before, now }: OutcomeProps): JSX.Element {
  if (fromMs === undefined) return <p>{text('tune.nothing')}</p>;
  const were = tracks.filter((track) => wouldBeEvent(track, before));
  const would = tracks.filter((track) => wouldBeEvent(track, now));
  const gained = would.filter((track) => !were.includes(track));
  const lost = were.filter((track) => !would.includes(track));
  return (
    <div aria-live="polite">
      <p>{text('tune.since', { time: `${dayOf(fromMs)}, ${timeOf(fromMs)}`, count: tracks.length })}</p>
      <p>
        <strong>{text('tune.outcome', { before: were.length, now: would.length })}</strong>
      </p>
      {beyondLog(before, now).map((what) => (
        <p key={what} class="warning">
          {text(`tune.beyond.${what}`)}
        </p>
      ))}
      <Tracks title={text('tune.gained', { count: gained.length })} tracks={gained} />
      <Tracks title={text('tune.lost', { count: lost.length })} tracks={lost} />
    </div>
  );
}

interface TracksProps {
  readonly title: string;
  readonly tracks: readonly PastTrack[];
}

function Tracks({ title, tracks }: TracksProps): JSX.Element | null {
  if (tracks.length === 0) return null;
  return (
    <details>
      <summary>{title}</summary>
      <ul class="preview">
        {tracks.slice(-50).map(({ track, label, startMs, scores }) => (
          <li key={`${track}-${startMs}`}>{`${timeOf(startMs)} ${label} ${Math.round(100 * scores[0]!)} %`}</li>
        ))}
      </ul>
    </details>
  );
}

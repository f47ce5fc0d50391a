/** Bench: what goby sees in a film with a few looks a frame, beside exhaustive tiling. */
import type { CameraConfig } from '../../../config/camera-section.ts';
import { filmFrames } from './film.ts';
import type { Look } from './looks.ts';
import { createLosses, type Losses } from './losses.ts';
import { liesOn } from './matches.ts';
import { exhaustiveReference } from './reference.ts';
import { createTally, type Share, type Tally } from './tally.ts';
import { bothWays, createWatch, type WatchOptions } from './watch.ts';

export interface FilmBenchOptions {
  readonly file: string;
  readonly framesPerSecond: number;
  readonly count: number;
  readonly look: Look;
  readonly inputPx: number;
  readonly labels: readonly string[];
  /** With regions; they are compared with the same camera without. */
  readonly camera: CameraConfig;
  readonly runner: WatchOptions['runner'];
  readonly onFrame: (done: number) => void;
}

/** A second exhaustive tiling costs as much as the first and says one thing only: every so many frames are enough for it. */
const framesEachAgreement = 4;

/**
 * What is found depends on chance: where the search happens to be when someone appears. So the film is watched several times at once,
 * begun at these frames, and all of it counts. The tiles are looked at once for all.
 */
const starts = [0, 4, 8];

export interface FilmBench {
  readonly widthPx: number;
  readonly heightPx: number;
  /** How many boxes of the reference a tiling that is shifted by half a step finds as well, of every fourth frame. */
  readonly agreement: Share;
  /** With regions, for each frame at which watching was begun. */
  readonly begun: readonly (Share & { readonly from: number })[];
  /** Why what isn't found with regions isn't. */
  readonly losses: Losses;
  /** All watches together. */
  readonly withRegions: Tally;
  readonly wholeFrame: Tally;
}

export async function measureFilm(options: FilmBenchOptions): Promise<FilmBench> {
  const { look, inputPx, labels, camera, runner } = options;
  const referenceOptions = { look, inputPx, labels, minScore: camera.minScore };
  const [regions, whole] = bothWays(camera).map((config) => ({ camera: config, labels, look, runner }));
  const watches = starts.map((from) => ({ from, watch: createWatch(regions!), share: { found: 0, all: 0 } }));
  const watchWhole = createWatch(whole!);
  const [withRegions, wholeFrame] = [createTally(), createTally()];
  const losses = createLosses();
  const agreement: Share = { found: 0, all: 0 };
  let [widthPx, heightPx, done] = [0, 0, 0];
  for await (const frame of filmFrames(options)) {
    ({ widthPx, heightPx } = frame);
    const reference = await exhaustiveReference(frame, { ...referenceOptions, shift: 0 });
    if (done % framesEachAgreement === 0) {
      const shifted = await exhaustiveReference(frame, { ...referenceOptions, shift: 0.5 });
      agreement.all += reference.objects.length;
      agreement.found += reference.objects.filter((one) => liesOn(one, shifted.objects)).length;
    }
    const { objects: there, faint, looks: tiles } = reference;
    for (const { from, watch, share } of watches) {
      if (done < from) continue;
      const watched = await watch(frame);
      losses.add({ there, tiles, minScore: camera.minScore, ...watched });
      withRegions.add({ heightPx, there, faint, ...watched });
      share.all += there.length;
      share.found += there.filter((one) => liesOn(one, watched.told)).length;
    }
    wholeFrame.add({ heightPx, there, faint, ...(await watchWhole(frame)) });
    options.onFrame(++done);
  }
  const begun = watches.map(({ from, share }) => ({ from, ...share }));
  const totals = { withRegions: withRegions.total, wholeFrame: wholeFrame.total };
  return { widthPx, heightPx, agreement, begun, losses: losses.total, ...totals };
}

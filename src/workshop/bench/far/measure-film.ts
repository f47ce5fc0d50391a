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

export interface FilmBench {
  readonly widthPx: number;
  readonly heightPx: number;
  /** How many boxes of the reference a tiling that is shifted by half a step finds as well, of every fourth frame. */
  readonly agreement: Share;
  /** Why what isn't found with regions isn't. */
  readonly losses: Losses;
  readonly withRegions: Tally;
  readonly wholeFrame: Tally;
}

export async function measureFilm(options: FilmBenchOptions): Promise<FilmBench> {
  const { look, inputPx, labels, camera, runner } = options;
  const referenceOptions = { look, inputPx, labels, minScore: camera.minScore };
  const watches = bothWays(camera).map((config) => createWatch({ camera: config, labels, look, runner }));
  const tallies = [createTally(), createTally()];
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
    for (const [at, watch] of watches.entries()) {
      const watched = await watch(frame);
      if (at === 0)
        losses.add({ there: reference.objects, tiles: reference.looks, minScore: camera.minScore, ...watched });
      tallies[at]!.add({ heightPx, there: reference.objects, faint: reference.faint, ...watched });
    }
    options.onFrame(++done);
  }
  const [withRegions, wholeFrame] = [tallies[0]!.total, tallies[1]!.total];
  return { widthPx, heightPx, agreement, losses: losses.total, withRegions, wholeFrame };
}

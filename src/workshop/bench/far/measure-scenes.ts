/** Bench: persons of known height in composed scenes, found with regions and with the whole frame alone. */
import type { CameraConfig } from '../../../config/camera-section.ts';
import { countedFrame } from '../../../flow/capture/counted-frame.ts';
import { viewAt } from '../sequences/scene.ts';
import { createScenePainter } from '../sequences/scene-renderer.ts';
import { yuvOf } from '../yuv-frames.ts';
import { composeFarScene, personBox } from './far-scene.ts';
import type { Look } from './looks.ts';
import type { FarStage, PersonCutOut } from './person-cut-outs.ts';
import { createTally, type Tally } from './tally.ts';
import { bothWays, createWatch, type WatchOptions } from './watch.ts';

export interface ScenesBenchOptions {
  readonly stage: FarStage;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly seeds: readonly number[];
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly look: Look;
  /** With regions; they are compared with the same camera without. */
  readonly camera: CameraConfig;
  readonly runner: WatchOptions['runner'];
  /** How many frames of all scenes are done. */
  readonly onFrame: (done: number) => void;
}

export interface ScenesBench {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly withRegions: Tally;
  readonly wholeFrame: Tally;
}

const labels = ['person'];
/** What someone in front hides by more than this need not be found; it isn't wrong to find it either. */
const mostHidden = 0.3;
/** Nor what the edge of the frame cuts by more than this. */
const leastInFrame = 0.8;

export async function measureScenes(options: ScenesBenchOptions): Promise<ScenesBench> {
  const { stage, widthPx, heightPx, seconds, framesPerSecond, look, camera, runner } = options;
  const tallies = [createTally(), createTally()];
  let sequence = 0;
  for (const seed of options.seeds) {
    const scene = composeFarScene(stage, { seed, seconds, widthPx, heightPx });
    const paint = await createScenePainter(scene, seed, { widthPx, heightPx });
    const watches = bothWays(camera).map((config) => createWatch({ camera: config, labels, look, runner }));
    for (let at = 0; at < seconds * framesPerSecond; at++) {
      const atSeconds = at / framesPerSecond;
      const frame = countedFrame({
        camera: 'bench',
        sequence: ++sequence,
        capturedAtMs: 1000 * atSeconds,
        monotonicMs: 1000 * atSeconds,
        format: 'yuv420',
        widthPx,
        heightPx,
        rotationDeg: 0,
        strideBytes: widthPx,
        bytes: yuvOf(paint(atSeconds), widthPx, heightPx),
      });
      const view = viewAt(scene, atSeconds).map(({ actor, wholeBox, hidden, inFrame }) => ({
        label: 'person',
        box: personBox(actor.cutOut as PersonCutOut, wholeBox),
        counts: hidden <= mostHidden && inFrame >= leastInFrame,
      }));
      const there = view.filter(({ counts }) => counts);
      const uncounted = view.filter(({ counts }) => !counts);
      for (const [which, watch] of watches.entries())
        tallies[which]!.add({ heightPx, there, uncounted, faint: view, ...(await watch(frame)) });
      options.onFrame(sequence);
    }
  }
  return { widthPx, heightPx, withRegions: tallies[0]!.total, wholeFrame: tallies[1]!.total };
}

/**
 * Scenes composed from cut-outs of annotated photos that move over a background: people and cars that come in, cross each other,
 * change speed, stop, turn round and leave. What is where is known at any time, so a scene can be seen at any frame rate.
 */

import { UnavailableError } from '../../../errors.ts';
import { area, type Box, clipped } from '../../../geometry/boxes.ts';
import type { CocoSet } from '../../evaluate/coco-annotations.ts';
import { type Random, seededRandom } from './random.ts';

/** A part of a photo, pixels. */
export interface CutOut {
  readonly label: string;
  readonly file: string;
  readonly left: number;
  readonly top: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Someone or something that moves through a scene. */
export interface Actor {
  readonly id: string;
  readonly cutOut: CutOut;
  /** Seconds from the start of the scene. */
  readonly enters: number;
  readonly leaves: number;
  /** Of the frame; lower edges that are nearer to the bottom are in front. */
  readonly width: number;
  readonly height: number;
  readonly bottom: number;
  /** Where its centre is across the frame, seconds after it entered. */
  centreAt(seconds: number): number;
  /** What its lower edge adds to `bottom`, seconds after it entered: a drift and the sway of a gait. */
  liftAt(seconds: number): number;
}

export interface Scene {
  readonly seconds: number;
  /** The photo behind it. */
  readonly background: string;
  readonly actors: readonly Actor[];
}

/** What is in view at a time. */
export interface SceneObject {
  readonly actor: Actor;
  /** Whole, also what reaches out of the frame. */
  readonly wholeBox: Box;
  /** Clipped to the frame. */
  readonly box: Box;
  /** Share of the whole box that is in the frame. */
  readonly inFrame: number;
  /** Share of the clipped box that someone in front of it hides, by the one who hides most. */
  readonly hidden: number;
}

export interface SceneOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Mean time between two entries, seconds. */
  readonly entryGapSeconds: number;
}

const labels = ['person', 'car'];
/** Cut-outs must have this many pixels a side, and a shape that someone who stands or drives has. */
const leastSidePx = 40;
const frameRatio = 640 / 480;
/** From this share on that is inside the frame, an object counts as there. */
const leastInFrame = 0.4;

/** @throws UnavailableError when the photos hold too few persons and cars */
export function cutOutsOf({ pictures, truths, categories }: CocoSet): CutOut[] {
  const files = new Map(pictures.map(({ id, file }) => [id, file]));
  const cutOuts = truths.flatMap(({ image, category, box: [left, top, width, height], isCrowd }): CutOut[] => {
    const label = categories.get(category) ?? '';
    const file = files.get(image);
    const [leastRatio, largestRatio] = label === 'person' ? [0.25, 0.6] : [1.1, 2.5];
    const ratio = width / height;
    if (file === undefined || isCrowd || !labels.includes(label) || Math.min(width, height) < leastSidePx) return [];
    if (ratio < leastRatio! || ratio > largestRatio!) return [];
    const part = { left: Math.floor(left), top: Math.floor(top) };
    return [{ label, file, ...part, widthPx: Math.floor(width), heightPx: Math.floor(height) }];
  });
  if (cutOuts.length < 5) {
    throw new UnavailableError(
      `The photos hold ${cutOuts.length} persons and cars that can be cut out; 5 are needed.`,
      {
        remedy: 'Give a folder with images/ and instances.json of COCO.',
      },
    );
  }
  return cutOuts;
}

export function composeScene(set: CocoSet, cutOuts: readonly CutOut[], options: SceneOptions): Scene {
  const random = seededRandom(options.seed);
  const actors: Actor[] = [];
  for (
    let enters = random.between(0.5, 1.5);
    enters < options.seconds - 3;
    enters += random.between(0.3, 1.7) * options.entryGapSeconds
  ) {
    actors.push(compose(`${actors.length}`, random.pick(cutOuts), enters, random));
  }
  return { seconds: options.seconds, background: random.pick(set.pictures).file, actors };
}

/** What is in view, those in front last. @param atSeconds from the start of the scene */
export function viewAt({ actors }: Scene, atSeconds: number): SceneObject[] {
  const present = actors
    .filter(({ enters, leaves }) => atSeconds >= enters && atSeconds <= leaves)
    .map((actor) => {
      const after = atSeconds - actor.enters;
      const centre = actor.centreAt(after);
      const bottom = actor.bottom + actor.liftAt(after);
      const wholeBox: Box = [centre - actor.width / 2, bottom - actor.height, centre + actor.width / 2, bottom];
      const box = clipped(wholeBox);
      return { actor, wholeBox, box, inFrame: area(box) / area(wholeBox) };
    })
    .filter(({ inFrame }) => inFrame >= leastInFrame)
    .sort((a, b) => a.wholeBox[3] - b.wholeBox[3]);
  return present.map((object, at) => ({
    ...object,
    hidden: Math.max(0, ...present.slice(at + 1).map((front) => covered(object.box, front.box))),
  }));
}

function compose(id: string, cutOut: CutOut, enters: number, random: Random): Actor {
  const isCar = cutOut.label === 'car';
  const bottom = random.between(0.62, 0.98);
  // Nearer ones are larger, as if on one plane.
  const height = (isCar ? random.between(0.22, 0.3) : random.between(0.42, 0.55)) * ((bottom - 0.25) / 0.73);
  const width = (height * (cutOut.widthPx / cutOut.heightPx)) / frameRatio;
  const speed = (isCar ? random.between(0.08, 0.3) : random.between(0.06, 0.22)) * (random.chance(0.5) ? 1 : -1);
  const path = composePath({ speed, width, random });
  const drift = random.between(-0.01, 0.01);
  const sway = isCar ? 0 : random.between(0.002, 0.006);
  const step = random.between(1.6, 2.2);
  return {
    id,
    cutOut,
    enters,
    leaves: enters + path.seconds,
    width,
    height,
    bottom,
    centreAt: path.centreAt,
    liftAt: (seconds) => drift * seconds + sway * Math.sin(2 * Math.PI * step * seconds),
  };
}

/** In from one side at an uneven speed, perhaps a stop or a turn, and out. */
function composePath(input: { speed: number; width: number; random: Random }): {
  seconds: number;
  centreAt(seconds: number): number;
} {
  const { speed, width, random } = input;
  const from = speed > 0 ? -width / 2 : 1 + width / 2;
  const unevenness = random.between(0.05, 0.3);
  const period = random.between(2, 6);
  const phase = random.between(0, 2 * Math.PI);
  const stops = random.chance(0.3);
  const turns = random.chance(0.15);
  const changeAt = random.between(0.35, 0.65) / Math.abs(speed);
  const stopSeconds = stops ? random.between(2, 6) : 0;
  /** Seconds of walking: those of standing left out. */
  const walked = (seconds: number) => Math.min(seconds, changeAt) + Math.max(0, seconds - changeAt - stopSeconds);
  const wave = (2 * Math.PI) / period;
  const distance = (seconds: number) =>
    Math.abs(speed) * (seconds + (unevenness / wave) * (Math.cos(phase) - Math.cos(wave * seconds + phase)));
  const furthest = distance(changeAt);
  const along = (seconds: number) => {
    const reached = distance(walked(seconds));
    return turns && reached > furthest ? 2 * furthest - reached : reached;
  };
  const path = turns ? 2 * furthest : 1 + width;
  return {
    seconds: path / (Math.abs(speed) * 0.98) + stopSeconds + 1,
    centreAt: (seconds) => from + Math.sign(speed) * along(seconds),
  };
}

/** Share of a box that another one covers. */
function covered(box: Box, [x1, y1, x2, y2]: Box): number {
  const both = area([Math.max(box[0], x1), Math.max(box[1], y1), Math.min(box[2], x2), Math.min(box[3], y2)]);
  return both / Math.max(1e-9, area(box));
}

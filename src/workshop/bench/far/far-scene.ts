/**
 * Bench: scenes of persons of known heights, near and far: cut-outs of annotated photos that appear somewhere in a photo without
 * persons, walk and leave. Boxes are all that is known of an outline, so persons are rectangles, which no motion gate overlooks.
 */
import { UnavailableError } from '../../../errors.ts';
import type { CocoSet } from '../../evaluate/coco-annotations.ts';
import { type Random, seededRandom } from '../sequences/random.ts';
import type { Actor, CutOut, Scene } from '../sequences/scene.ts';

export interface FarSceneOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface FarStage {
  readonly persons: readonly CutOut[];
  /** Photos without persons. */
  readonly backgrounds: readonly string[];
}

/** Heights of persons, pixels of the frame. */
const least = 20;
const most = 240;
/** A photo is enlarged by this much at most. */
const mostEnlarged = 1.5;
/** Width by height of someone who stands. */
const ratios = [0.25, 0.6] as const;
const leastHeightPx = 90;
/** Mean time between two who appear, seconds. */
const gapSeconds = 2.5;
/** Of a height a second. */
const speeds = [0.1, 0.9] as const;

/** @throws UnavailableError when the photos hold too few persons, or all show some */
export function farStageOf({ pictures, truths, categories }: CocoSet): FarStage {
  const files = new Map(pictures.map((picture) => [picture.id, picture]));
  const ofPersons = truths.filter(({ category }) => categories.get(category) === 'person');
  const persons = ofPersons.flatMap(({ image, box: [left, top, width, height], isCrowd }): CutOut[] => {
    const picture = files.get(image);
    const ratio = width / height;
    if (picture === undefined || isCrowd || height < leastHeightPx || ratio < ratios[0] || ratio > ratios[1]) return [];
    const part = { left: Math.floor(left), top: Math.floor(top) };
    return [{ label: 'person', file: picture.file, ...part, widthPx: Math.floor(width), heightPx: Math.floor(height) }];
  });
  const withPersons = new Set(ofPersons.map(({ image }) => image));
  const backgrounds = pictures.filter(({ id }) => !withPersons.has(id)).map(({ file }) => file);
  if (persons.length < 5 || backgrounds.length < 3) {
    throw new UnavailableError(
      `The photos hold ${persons.length} persons that can be cut out and ${backgrounds.length} pictures without persons; 5 and 3 are needed.`,
      { remedy: 'Give a folder with images/ and instances.json of COCO.' },
    );
  }
  return { persons, backgrounds };
}

export function composeFarScene({ persons, backgrounds }: FarStage, options: FarSceneOptions): Scene {
  const random = seededRandom(options.seed);
  const actors: Actor[] = [];
  for (let enters = random.between(0, 2); enters < options.seconds - 2; enters += random.between(0.3, 1.7) * gapSeconds)
    actors.push(compose(`${actors.length}`, { persons, enters, random, ...options }));
  return { seconds: options.seconds, background: random.pick(backgrounds), actors };
}

function compose(
  id: string,
  input: Pick<FarStage, 'persons'> & FarSceneOptions & { readonly enters: number; readonly random: Random },
): Actor {
  const { persons, enters, random, widthPx, heightPx, seconds } = input;
  const tallPx = least * (most / least) ** random.between(0, 1);
  const cutOut = random.pick(persons.filter((person) => mostEnlarged * person.heightPx >= tallPx));
  const height = tallPx / heightPx;
  const width = (tallPx * (cutOut.widthPx / cutOut.heightPx)) / widthPx;
  const from = random.between(0.02, 0.98);
  // The near ones stand lower, with room for a hill or a balcony.
  const bottom = Math.min(1, Math.max(height + 0.02, 0.35 + 1.1 * height + random.between(-0.1, 0.25)));
  const speed = ((random.between(...speeds) * tallPx) / widthPx) * (random.chance(0.5) ? 1 : -1);
  const sway = random.between(0.005, 0.015) * height;
  const step = random.between(1.6, 2.2);
  return {
    id,
    cutOut,
    enters,
    leaves: Math.min(seconds, enters + random.between(3, 10)),
    width,
    height,
    bottom,
    centreAt: (after) => from + speed * after,
    liftAt: (after) => sway * Math.sin(2 * Math.PI * step * after),
  };
}

/**
 * Bench: scenes of persons of known heights, near and far: cut-outs of annotated photos that appear somewhere in a photo without
 * persons, walk and leave. Boxes are all that is known of an outline, so persons are rectangles, which no motion gate overlooks.
 */
import type { Box } from '../../../geometry/boxes.ts';
import { type Random, seededRandom } from '../sequences/random.ts';
import type { Actor, Scene } from '../sequences/scene.ts';
import type { FarStage, PersonCutOut } from './person-cut-outs.ts';

export interface FarSceneOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Heights of persons, pixels of the frame. */
const least = 20;
const most = 240;
/** A photo is enlarged by this much at most. */
const mostEnlarged = 1.5;
/** Mean time between two who appear, seconds. */
const gapSeconds = 2.5;
/** Of a height a second. */
const speeds = [0.1, 0.9] as const;

/** Its box is that of the cut-out; see personBox(). */
interface FarActor extends Actor {
  readonly cutOut: PersonCutOut;
}

export interface FarScene extends Scene {
  readonly actors: readonly FarActor[];
}

/** Where the person of a cut-out is. */
export function personBox({ person }: PersonCutOut, [x1, y1, x2, y2]: Box): Box {
  const x = (share: number) => x1 + share * (x2 - x1);
  const y = (share: number) => y1 + share * (y2 - y1);
  return [x(person[0]), y(person[1]), x(person[2]), y(person[3])];
}

export function composeFarScene({ persons, backgrounds }: FarStage, options: FarSceneOptions): FarScene {
  const random = seededRandom(options.seed);
  const actors: FarActor[] = [];
  for (let enters = random.between(0, 2); enters < options.seconds - 2; enters += random.between(0.3, 1.7) * gapSeconds)
    actors.push(compose(`${actors.length}`, { persons, enters, random, ...options }));
  return { seconds: options.seconds, background: random.pick(backgrounds), actors };
}

function compose(
  id: string,
  input: Pick<FarStage, 'persons'> & FarSceneOptions & { readonly enters: number; readonly random: Random },
): FarActor {
  const { persons, enters, random, widthPx, heightPx, seconds } = input;
  const tallPx = least * (most / least) ** random.between(0, 1);
  const cutOut = random.pick(persons.filter((person) => mostEnlarged * person.personHeightPx >= tallPx));
  // With what is around the person.
  const scale = tallPx / cutOut.personHeightPx;
  const height = (scale * cutOut.heightPx) / heightPx;
  const width = (scale * cutOut.widthPx) / widthPx;
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

/** A detector with errors of a known size: it misses objects, moves boxes a little, and sees what isn't there. */
import type { Detection } from '../../../flow/interpret/detection.ts';
import type { BoxedDetection } from '../../../flow/track/track.ts';
import type { Random } from './random.ts';
import type { SceneObject } from './scene.ts';

export interface DetectorErrors {
  /** Share of the boxes that are missed, beside those that are hidden. */
  readonly missed: number;
  /** Mean number of false boxes a look. */
  readonly falseBoxes: number;
  /** Standard deviation of each side, in shares of the box. */
  readonly jitter: number;
  /** What is hidden by more than this share is missed for sure. */
  readonly mostHidden: number;
}

/** As issue 6 asks: 20 % missed, some false ones, jitter. */
export const usualErrors: DetectorErrors = { missed: 0.2, falseBoxes: 0.1, jitter: 0.03, mostHidden: 0.6 };

export function detect(view: readonly SceneObject[], random: Random, errors: DetectorErrors): BoxedDetection[] {
  const found = view.flatMap(({ actor, box, hidden }): BoxedDetection[] => {
    // Drawn for each object, so that the errors of one don't depend on what hides another.
    const isMissed = random.chance(errors.missed);
    const [x1, y1, x2, y2] = box;
    const across = () => random.normal(errors.jitter * (x2 - x1));
    const down = () => random.normal(errors.jitter * (y2 - y1));
    const inside = (side: number) => Math.min(1, Math.max(0, side));
    const seen = [inside(x1 + across()), inside(y1 + down()), inside(x2 + across()), inside(y2 + down())] as const;
    const score = Math.min(0.99, Math.max(0.5, 0.78 + random.normal(0.1)));
    return isMissed || hidden > errors.mostHidden ? [] : [{ label: actor.cutOut.label, score, box: seen }];
  });
  return random.chance(errors.falseBoxes) ? [...found, falseBox(random)] : found;
}

function falseBox(random: Random): BoxedDetection {
  const width = random.between(0.04, 0.2);
  const height = random.between(0.08, 0.4);
  const x = random.between(0, 1 - width);
  const y = random.between(0, 1 - height);
  const label: Detection['label'] = random.chance(0.7) ? 'person' : 'car';
  return { label, score: random.between(0.5, 0.75), box: [x, y, x + width, y + height] };
}

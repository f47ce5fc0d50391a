/** Which views of a photo are embedded: photos that judge have the plain one only, photos that teach may have more. */

import { type Distortions, isDistorted } from '../photos/photo-views.ts';
import type { KnownPhoto } from './known-photos.ts';
import { type SplitPercentages, setOf } from './split.ts';

/** Views beside the plain one. */
export interface FurtherViews {
  readonly mirror: boolean;
  readonly distortions?: Distortions;
}

/**
 * A mirrored view costs an inference, and teaches the less the more photos a class has: with 15 photos of each it made up 0.2
 * points of accuracy, with 100 nothing. This many photos of each class have one.
 */
const mirroredPerClass = 50;

export function planViews(
  photos: readonly KnownPhoto[],
  options: { readonly split: SplitPercentages; readonly mirror: boolean; readonly distortions: Distortions },
): (photo: KnownPhoto) => FurtherViews {
  const { split, mirror, distortions } = options;
  const training = photos.filter(({ file }) => setOf(file, split) === 'training');
  const mirrored = new Set<KnownPhoto>();
  const counts = new Map<string, number>();
  // In the order of their contents, which has nothing to do with what they show, as the order of names may have.
  for (const photo of training.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
    const count = counts.get(photo.className) ?? 0;
    if (count < mirroredPerClass) mirrored.add(photo);
    counts.set(photo.className, count + 1);
  }
  const teaching = new Set(training);
  return (photo) => ({
    mirror: mirror && mirrored.has(photo),
    ...(teaching.has(photo) && isDistorted(distortions) ? { distortions } : {}),
  });
}

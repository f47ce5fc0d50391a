/** What the frame itself says of a track, beside what looks at it showed. Pure functions. */
import type { Box } from '../../geometry/boxes.ts';
import type { Brightness } from '../../geometry/brightness.ts';
import { appearanceOf, findAgain } from './appearance.ts';
import { type BoxFilter, boxOf, shifted } from './box-filter.ts';
import type { Track } from './track.ts';

/** What looks like it by this much is it: of what no look showed, three of four such places were right, and two of five of the others (goby bench far). */
const sameSimilarity = 0.7;
/** What looks missed for longer is hardly ever told: nobody asks where it is. */
const soughtMs = 500;

/**
 * Remembers how what was seen whole looks, and finds again what wasn't seen.
 * @param predicted where it was expected, before a look
 */
export function withAppearance(
  track: Track,
  predicted: BoxFilter,
  { nowMs, brightness }: { readonly nowMs: number; readonly brightness: Brightness | undefined },
): Track {
  if (brightness === undefined) return track;
  const { detection, appearance } = track;
  if (detection !== undefined) {
    if (detection.cut !== undefined) return track;
    const seen = appearanceOf(brightness, detection.box);
    if (seen === undefined) return { ...track, appearance: undefined, similarity: undefined };
    const [x, y] = middleOf(detection.box);
    const [trackX, trackY] = middleOf(boxOf(track.filter));
    return { ...track, appearance: { ...seen, across: x - trackX, down: y - trackY }, similarity: 1 };
  }
  if (appearance === undefined || track.missingMs > soughtMs) return track;
  const [x, y] = middleOf(boxOf(predicted));
  const found = findAgain(brightness, appearance, x + appearance.across, y + appearance.down);
  const { similarity } = found;
  if (similarity < sameSimilarity) return { ...track, similarity };
  const filter = shifted(predicted, found.x - appearance.across - x, found.y - appearance.down - y);
  return { ...track, similarity, filter, filterMs: nowMs };
}

const middleOf = ([x1, y1, x2, y2]: Box): [x: number, y: number] => [(x1 + x2) / 2, (y1 + y2) / 2];

/** Boxes around a whole group: what a coarse look takes for one object, and finer ones for several. Pure functions. */
import { area, type Box, intersection } from '../../geometry/boxes.ts';

export interface Member {
  readonly label: string;
  readonly box: Box;
}

/** One of a group lies in the group's box by this share of itself. */
const memberShare = 0.75;
/** Larger ones are the same object, not one of several in it. */
const largestMember = 0.6;
/** So many make a group whatever they cover; fewer must cover this share of it. */
const surely = 4;
const leastCovered = 0.45;

/** Does this box stand for several of these objects? @param others of any label, the box itself may be among them */
export function isGroup({ label, box }: Member, others: readonly Member[]): boolean {
  const size = area(box);
  const members = others.filter(
    (other) =>
      other.label === label &&
      area(other.box) <= largestMember * size &&
      intersection(other.box, box) >= memberShare * area(other.box),
  );
  if (members.length < 2) return false;
  const apart = members.filter(
    (one, at) =>
      !members.some(
        (other, before) =>
          before < at && intersection(one.box, other.box) > 0.5 * Math.min(area(one.box), area(other.box)),
      ),
  );
  if (apart.length >= surely) return true;
  if (apart.length < 2) return false;
  const covered = apart.reduce((sum, member) => sum + intersection(member.box, box), 0);
  return covered >= leastCovered * size;
}

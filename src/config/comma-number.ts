/** Numbers with a comma, as most of Europe writes them, inside { }: YAML reads `{ minScore: 0,5 }` as 0, and a key 5. */
import { isScalar, type Node, type Pair, type Scalar } from 'yaml';

/** What is behind each position of a section in braces. */
export interface CommaNumbers {
  /** The number as it was meant, by the position of the entry where it begins. */
  readonly meant: ReadonlyMap<number, string>;
  /** Positions of entries that are the rest of such a number. */
  readonly rest: ReadonlySet<number>;
}

export function commaNumbers(items: readonly Pair<Node, Node | null>[]): CommaNumbers {
  const meant = new Map<number, string>();
  const rest = new Set<number>();
  for (let position = 0; position < items.length; position++) {
    const first = items[position]!.value;
    if (!isNumber(first)) continue;
    const groups: string[] = [];
    for (let at = position + 1; at < items.length; at++) {
      const digits = bareDigits(items[at]!);
      if (digits === undefined) break;
      groups.push(digits);
      rest.add(at);
    }
    if (groups.length > 0) meant.set(position, joined(first.source ?? String(first.value), groups));
    position += groups.length;
  }
  return { meant, rest };
}

/** One group is a fraction, groups of three are thousands. */
function joined(first: string, groups: readonly string[]): string {
  const areThousands = groups.every((group) => group.length === 3) && !/^-?0/.test(first);
  return areThousands ? `${first}${groups.join('')}` : `${first}.${groups.join('')}`;
}

/** The key of an entry that is nothing but digits. */
function bareDigits({ key, value }: Pair<Node, Node | null>): string | undefined {
  const isEmpty = value === null || (isScalar(value) && value.value === null && (value.source ?? '') === '');
  return isEmpty && isScalar(key) && /^\d+$/.test(key.source ?? '') ? key.source : undefined;
}

function isNumber(node: Node | null): node is Scalar<number> {
  return isScalar(node) && typeof node.value === 'number';
}

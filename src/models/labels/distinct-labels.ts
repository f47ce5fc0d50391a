/** Two labels of one model never share a topic: what differs only in signs that topics don't have is told apart by its class. */
import { slug } from '../../text/slug.ts';

export interface DistinctLabels {
  readonly labels: readonly string[];
  /** What was renamed, as a sentence; absent: nothing. */
  readonly note?: string;
}

/**
 * `dog house` and `dog_house` both give `dog_house`: the later one gets the number of its class behind it. Labels that are the same
 * letter for letter are one label.
 */
export function distinctLabels(labels: readonly string[]): DistinctLabels {
  const owners = new Map<string, string>();
  const taken = new Set(labels.map(slug));
  const renamed: string[] = [];
  const distinct = labels.map((label, index) => {
    const level = slug(label);
    const owner = owners.get(level) ?? label;
    owners.set(level, owner);
    if (owner === label) return label;
    const other = freeName(label, index, taken);
    taken.add(slug(other));
    renamed.push(`class ${index} is called ${JSON.stringify(other)}, since ${JSON.stringify(owner)} has its topic`);
    return other;
  });
  if (renamed.length === 0) return { labels };
  const more = renamed.length > 3 ? `, and ${renamed.length - 3} more` : '';
  return { labels: distinct, note: `Of its labels ${renamed.slice(0, 3).join('; ')}${more}.` };
}

/** `dog_house (7)`. A long label is cut in its topic, and needs the number in front. */
function freeName(label: string, index: number, taken: ReadonlySet<string>): string {
  for (let more = ''; ; more += `-${index}`) {
    const free = [`${label} (${index}${more})`, `${index}${more} ${label}`].find((name) => !taken.has(slug(name)));
    if (free !== undefined) return free;
  }
}

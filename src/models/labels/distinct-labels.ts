/** Two labels of one model never share a topic: those that differ only in signs that topics don't have are told apart by a number. */
import { slug } from '../../text/slug.ts';

export interface DistinctLabels {
  readonly labels: readonly string[];
  /** What was renamed, as a sentence; absent: nothing. */
  readonly note?: string;
}

/**
 * `dog house` and `dog_house` both give `dog_house`: the one that is spelled as the topic keeps its name, or else the first in the order
 * of their letters; the others become `dog house (2)`, `dog house! (3)`. Their places in the list don't matter, so that another class,
 * or another order, changes no topic. Labels that are the same letter for letter are one label.
 */
export function distinctLabels(labels: readonly string[]): DistinctLabels {
  const names = namesOf(labels);
  const renamed = [...new Set(labels)].filter((label) => names.get(label)!.name !== label);
  if (renamed.length === 0) return { labels };
  const told = renamed.slice(0, 3).map((label) => {
    const { name, owner } = names.get(label)!;
    return `${JSON.stringify(label)} is called ${JSON.stringify(name)}, since ${JSON.stringify(owner)} has its topic`;
  });
  const more = renamed.length > 3 ? `, and ${renamed.length - 3} more` : '';
  return { labels: labels.map((label) => names.get(label)!.name), note: `Of its labels ${told.join('; ')}${more}.` };
}

/**
 * The labels of a model that mean what somebody calls `name`: those that are spelled so, or were before they got a number.
 * @param labels as distinctLabels gave them
 */
export function labelsSpelled(labels: readonly string[], name: string): string[] {
  const same = labels.filter((label) => label === name);
  return same.length > 0 ? same : labels.filter((label) => spellings(name).some((numbered) => numbered.test(label)));
}

function spellings(name: string): RegExp[] {
  const letters = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [new RegExp(`^${letters} \\(\\d+\\)$`, 'u'), new RegExp(`^\\d+ ${letters}$`, 'u')];
}

interface Named {
  readonly name: string;
  /** Who has the topic that the label asks for. */
  readonly owner: string;
}

function namesOf(labels: readonly string[]): Map<string, Named> {
  const byTopic = new Map<string, string[]>();
  for (const label of [...new Set(labels)].sort()) {
    const topic = slug(label);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), label]);
  }
  const taken = new Set(byTopic.keys());
  const names = new Map<string, Named>();
  for (const topic of [...byTopic.keys()].sort()) {
    const sharing = byTopic.get(topic)!;
    const owner = sharing.find((label) => label === topic) ?? sharing[0]!;
    names.set(owner, { name: owner, owner });
    let number = 2;
    for (const label of sharing.filter((one) => one !== owner)) {
      const name = freeName(label, number, taken);
      taken.add(slug(name.text));
      number = name.number + 1;
      names.set(label, { name: name.text, owner });
    }
  }
  return names;
}

/** `dog house (2)`. A long label is cut in its topic, and needs the number in front. */
function freeName(label: string, from: number, taken: ReadonlySet<string>): { text: string; number: number } {
  for (let number = from; ; number++) {
    const text = [`${label} (${number})`, `${number} ${label}`].find((name) => !taken.has(slug(name)));
    if (text !== undefined) return { text, number };
  }
}

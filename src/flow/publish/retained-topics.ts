/** Retained topics outlive goby on the broker: what an earlier run left is put right at the start. */
import { z } from 'zod';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { StateFile } from '../../system/files/state-file.ts';
import { slug } from '../../text/slug.ts';
import type { Message } from './message.ts';
import type { Topics } from './topics.ts';

/** What the configuration has now. */
export interface PresentNames {
  readonly cameras: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly outputs: readonly string[];
  readonly controls: readonly string[];
}

export interface RetainedTopics {
  /** Takes a topic that got a retained message. Returns at once, and writes behind it. */
  add(topic: string): void;
  /** What to publish at the start: nobody is present, nothing counts, and what is no more is deleted. */
  putRight(topics: Topics, present: PresentNames): readonly Message[];
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/** Of a camera that follows more labels than this, only those are cleared that were ever told. */
const mostUnasked = 20;

const topicsSchema = z.array(z.string());

/** A damaged or missing file is an empty list: presence of configured labels is cleared all the same. */
export function openRetainedTopics(file: Pick<StateFile, 'read' | 'write'>, logger: Logger): RetainedTopics {
  const known = new Set(readTopics(file));
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    writing = file.write(`${JSON.stringify([...known])}\n`).catch((error: unknown) => {
      if (!isExpected(error)) throw error;
      logger.warn(`The list of retained topics can't be kept: ${sentence(error)}`);
    });
  };
  return {
    add: (topic) => {
      if (known.has(topic)) return;
      known.add(topic);
      write();
    },
    putRight: (topics, present) => {
      const messages = startMessages([...known], topics, present);
      for (const { topic, payload } of messages) if (payload === '') known.delete(topic);
      write();
      return messages;
    },
    flush: () => writing,
  };
}

/** Pure part of putRight(). */
export function startMessages(known: readonly string[], topics: Topics, present: PresentNames): Message[] {
  const messages = new Map<string, Message>();
  const say = (topic: string, payload: string) => messages.set(topic, { topic, payload, qos: 1, retain: true });
  const { cameras, outputs, controls } = present;
  const names = { output: new Set(outputs), control: new Set(controls) };
  for (const topic of known.filter((one) => one.startsWith(`${topics.base}/`))) {
    const [place = '', name = '', label = '', leaf] = topic.slice(topics.base.length + 1).split('/');
    if (place === 'output' || place === 'control') {
      if (!names[place].has(name)) say(topic, '');
    } else if (name === 'object' || name === 'snapshot') {
      const camera = cameras.find((one) => one.name === place);
      const isFollowed = camera !== undefined && (label === '' || camera.labels.some((one) => slug(one) === label));
      if (!isFollowed) say(topic, '');
      else if (name === 'object') say(topic, leaf === 'count' ? '0' : 'OFF');
    }
  }
  for (const { name, labels } of cameras) {
    if (labels.length > mostUnasked) continue;
    for (const label of labels) {
      say(topics.presence(name, label), 'OFF');
      say(topics.count(name, label), '0');
    }
  }
  return [...messages.values()];
}

function readTopics(file: Pick<StateFile, 'read'>): string[] {
  try {
    return topicsSchema.parse(JSON.parse(file.read() ?? '[]'));
  } catch {
    return [];
  }
}

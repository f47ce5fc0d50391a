/** Which entities were shown to Home Assistant, kept on disk: one that is gone from the configuration has to be taken back. */
import { z } from 'zod';
import { isExpected, sentence } from '../../../errors.ts';
import type { Logger } from '../../../logger.ts';
import type { StateFile } from '../../../system/files/state-file.ts';
import type { Platform } from './component.ts';

const platform = z.enum(['binary_sensor', 'button', 'event', 'image', 'number', 'sensor', 'switch']);

const memorySchema = z.object({
  shown: z.record(z.string(), platform),
  removed: z.record(z.string(), z.object({ platform, atMs: z.number() })),
});

type Memory = z.output<typeof memorySchema>;

/** How long a removal is repeated, so that a Home Assistant that was off meanwhile hears it too. */
const repeatMs = 14 * 86_400_000;

export interface DiscoveryMemory {
  /**
   * Takes what is shown now; returns at once, and writes behind it.
   * @param isPending of an entity that was shown before: it may come back, don't remove it yet
   * @returns what has to be removed
   */
  update(
    shown: Readonly<Record<string, Platform>>,
    isPending: (id: string) => boolean,
  ): Readonly<Record<string, Platform>>;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/** A damaged or missing file is an empty memory: at worst an entity stays unavailable until someone deletes it. */
export function openDiscoveryMemory(
  file: Pick<StateFile, 'read' | 'write'>,
  logger: Logger,
  now: () => number = Date.now,
): DiscoveryMemory {
  let memory = readMemory(file);
  let writing: Promise<void> = Promise.resolve();
  return {
    update: (shown, isPending) => {
      const next = remember(memory, { shown, isPending }, now());
      if (JSON.stringify(next) !== JSON.stringify(memory)) {
        writing = file.write(`${JSON.stringify(next)}\n`).catch((error: unknown) => {
          if (!isExpected(error)) throw error;
          logger.warn(`What Home Assistant was shown can't be kept: ${sentence(error)}`);
        });
      }
      memory = next;
      return Object.fromEntries(Object.entries(next.removed).map(([id, removed]) => [id, removed.platform]));
    },
    flush: () => writing,
  };
}

/** An entity that changed its platform is shown under the same id: there is nothing to remove by that id then. */
export function remember(
  before: Memory,
  { shown, isPending }: { shown: Readonly<Record<string, Platform>>; isPending: (id: string) => boolean },
  nowMs: number,
): Memory {
  const absent = Object.entries(before.shown).filter(([id]) => !Object.hasOwn(shown, id));
  const pending = absent.filter(([id]) => isPending(id));
  const gone = absent.filter(([id]) => !isPending(id)).map(([id, of]) => [id, { platform: of, atMs: nowMs }] as const);
  const repeated = Object.entries(before.removed).filter(
    ([id, { atMs }]) => !Object.hasOwn(shown, id) && nowMs - atMs < repeatMs,
  );
  return { shown: { ...Object.fromEntries(pending), ...shown }, removed: Object.fromEntries([...repeated, ...gone]) };
}

function readMemory(file: Pick<StateFile, 'read'>): Memory {
  try {
    return memorySchema.parse(JSON.parse(file.read() ?? ''));
  } catch {
    return { shown: {}, removed: {} };
  }
}

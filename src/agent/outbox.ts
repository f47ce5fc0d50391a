/** The agent's outbox: in the state folder, told in health; and what a crash left behind is put right at the start. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { Outbox, type OutboxWatch } from '../flow/publish/outbox/outbox.ts';
import type { Publisher, PublisherOptions } from '../flow/publish/publisher.ts';
import type { Logger } from '../logger.ts';
import { SystemDeviceClock } from '../system/service/clock.ts';
import type { Health } from '../system/service/health.ts';
import { outboxReport } from './part-health.ts';

export interface AgentOutbox {
  readonly options: Pick<PublisherOptions, 'outbox' | 'clock'>;
  /**
   * Opens the outbox: events that a crash left open end with reason interrupted. Whatever a broker still believes to be in
   * view is cleared, until a camera says otherwise. Before it no event is sent. To be called behind the status socket: a
   * second agent has been refused there, and leaves the outbox of the first alone.
   */
  resume(publisher: Pick<Publisher, 'presence'>): Promise<void>;
}

/** Without a broker there is none: nobody would ever take an event. */
export async function createAgentOutbox({
  loaded: { config, places },
  health,
  logger,
  watches = [],
}: {
  readonly loaded: LoadedConfig;
  readonly health: Health;
  readonly logger: Logger;
  /** Who reads along. */
  readonly watches?: readonly OutboxWatch[];
}): Promise<AgentOutbox> {
  const clock = new SystemDeviceClock();
  await clock.start();
  const outbox = new Outbox({
    ...config.publish.outbox,
    folder: join(places.stateDir, 'outbox'),
    clock,
    logger,
    watch: {
      recorded: (event, sequence) => {
        for (const watch of watches) watch.recorded(event, sequence);
      },
      taken: (event, sequence) => {
        for (const watch of watches) watch.taken(event, sequence);
      },
    },
    onStatus: outboxReport(health, logger),
  });
  const isUsed = config.mqtt.broker !== 'off';
  const configured = Object.entries(config.cameras).flatMap(([camera, { labels }]) =>
    (labels ?? []).map((label) => ({ camera, label })),
  );
  return {
    options: isUsed ? { outbox, clock } : { clock },
    resume: async (publisher) => {
      const left = isUsed ? await outbox.open() : [];
      for (const { camera, label } of [...configured, ...left.map(({ event }) => event)]) {
        publisher.presence({ camera, label, present: false, count: 0 });
      }
    },
  };
}

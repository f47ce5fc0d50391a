/** A publisher with everything around it that a test asks about: its log, its status, the outputs it switched. */
import type { ExecutionContext } from 'ava';
import { configSchema } from '../../../src/config/schema.ts';
import { InputError } from '../../../src/errors.ts';
import type { SessionStatus } from '../../../src/flow/publish/mqtt-session.ts';
import { createPublisher, type Publisher, type PublisherOptions } from '../../../src/flow/publish/publisher.ts';
import type { SessionPace } from '../../../src/flow/publish/session-history.ts';
import { createLogger } from '../../../src/logger.ts';
import { sampleClock } from './samples.ts';
import { until } from './waiting.ts';

/** As the real one, only sooner. */
export const hasty: SessionPace = {
  answerMs: 10_000,
  backoff: { firstMs: 20, factor: 1.5, maxMs: 200 },
  overload: { firstMs: 20, factor: 1.5, maxMs: 200 },
  refusedMs: 100,
  shortSessionMs: 5000,
  contestedMs: 60_000,
};

/** For tests that end sessions themselves, soon after they began. */
export const unsuspicious: SessionPace = { ...hasty, shortSessionMs: 0 };

export interface UnderTest {
  readonly publisher: Publisher;
  readonly statuses: SessionStatus[];
  readonly log: string[];
  readonly switched: [name: string, on: boolean][];
  /** Waits for a status from now on or the present one. */
  status(state: SessionStatus['state'], detail?: RegExp): Promise<SessionStatus>;
}

export interface UnderTestOptions {
  readonly address: string | undefined;
  readonly longestPacketBytes?: number;
  readonly mqtt?: object;
  readonly publish?: object;
  readonly deviceId?: string;
  readonly pace?: SessionPace;
  readonly env?: NodeJS.ProcessEnv;
  readonly listeners?: PublisherOptions['listeners'];
  readonly beforeEvent?: PublisherOptions['beforeEvent'];
  readonly onRetain?: PublisherOptions['onRetain'];
  /** Not started, so that the test can say things before. */
  readonly start?: boolean;
}

export function publisherUnderTest(t: ExecutionContext, options: UnderTestOptions): UnderTest {
  const {
    address,
    longestPacketBytes,
    mqtt = {},
    publish = {},
    deviceId = 'pi',
    pace = hasty,
    env = {},
    start = true,
    listeners,
    beforeEvent,
    onRetain,
  } = options;
  const config = configSchema.parse({ mqtt, publish: { detections: 'all', maxPerSecond: 100, ...publish } });
  const statuses: SessionStatus[] = [];
  const log: string[] = [];
  const switched: [string, boolean][] = [];
  const logger = createLogger({
    part: 'mqtt',
    threshold: { level: 'debug' },
    format: 'text',
    write: (line) => log.push(line),
  });
  const publisher = createPublisher({
    address,
    longestPacketBytes,
    mqtt: config.mqtt,
    publish: config.publish,
    deviceId,
    handlers: {
      info: () => ({ version: '1.2.3' }),
      setOutput: (name, on) => {
        if (name !== 'led') throw new InputError(`There is no output ${name}; known: led.`);
        switched.push([name, on]);
      },
      setControl: () => undefined,
    },
    logger,
    env,
    pace,
    ...(listeners ? { listeners } : {}),
    ...(beforeEvent ? { beforeEvent } : {}),
    ...(onRetain ? { onRetain } : {}),
    clock: sampleClock,
    onStatus: (status) => {
      statuses.push(status);
      logger.info(`${status.state}: ${status.detail}`);
    },
  });
  t.teardown(() => publisher.stop());
  if (start) publisher.start();
  return {
    publisher,
    statuses,
    log,
    switched,
    status: async (state, detail = /./) => {
      const fits = (one: SessionStatus | undefined) => one?.state === state && detail.test(one.detail);
      const before = fits(statuses.at(-1)) ? statuses.length - 1 : statuses.length;
      await until(
        () => `status ${state} ${detail}; log:\n${log.slice(-5).join('\n')}`,
        () => statuses.slice(before).some(fits),
      );
      return statuses.slice(before).find(fits)!;
    },
  };
}

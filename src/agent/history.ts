/** What the agent remembers for the timeline and for tuning: the lives of events, and what was followed. Off: nothing. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Rules } from '../flow/decide/rules.ts';
import type { OutboxWatch } from '../flow/publish/outbox/outbox.ts';
import type { RequestHandler } from '../flow/publish/request.ts';
import type { Sink } from '../flow/sink.ts';
import type { Logger } from '../logger.ts';
import { EventRecorder } from '../record/event-recorder.ts';
import { EventStore } from '../record/event-store.ts';
import { LookLog } from '../record/look-log.ts';
import { eventRequests } from './requests/event-requests.ts';
import { lookRequests } from './requests/look-requests.ts';

export interface AgentHistoryParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly rules: Pick<Rules, 'onEnd' | 'verdicts'>;
  readonly logger: Logger;
  /** Whether there is a picture of an event. */
  hasPicture(event: string): boolean;
}

export interface AgentHistory {
  readonly sinks: readonly Sink[];
  readonly outboxWatches: readonly OutboxWatch[];
  readonly requests: Readonly<Record<string, RequestHandler>>;
  /** Finds what earlier runs left. Never rejects. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export function createAgentHistory({ loaded, rules, logger, hasPicture }: AgentHistoryParts): AgentHistory {
  const { config, places } = loaded;
  const { enabled, maxAgeDays, quotaMb } = config.history;
  if (!enabled) {
    const nothing = () => Promise.resolve();
    return { sinks: [], outboxWatches: [], requests: {}, open: nothing, close: nothing };
  }
  const store = new EventStore({ folder: join(places.stateDir, 'history'), maxAgeDays, quotaMb, logger });
  const recorder = new EventRecorder({ store, hasPicture });
  const lookLogs = new Map(
    Object.keys(config.cameras).map((camera) => [
      camera,
      new LookLog({ folder: join(places.stateDir, 'history', 'looks', camera), logger }),
    ]),
  );
  // Trackers count from one with every start, and a day has more than one.
  const firstTrack = Math.floor(Math.random() * 0x8000_0000);
  rules.onEnd((event, verdicts) => recorder.ended(event, verdicts));
  return {
    sinks: [
      {
        frame: (_frame, seen, tracked) => recorder.look(seen, tracked),
        event: (event) => recorder.event(event),
        followed: ({ camera, capturedAtMs }, followed) => {
          const log = lookLogs.get(camera);
          for (const { track, ...box } of followed) log?.add({ ...box, atMs: capturedAtMs, track: firstTrack + track });
        },
      },
    ],
    outboxWatches: [recorder],
    requests: {
      ...eventRequests({
        page: (filter, most, before) => store.page(filter, most, before),
        event: (id) => store.event(id),
        unfinished: (id) => recorder.unfinished(id, (event) => rules.verdicts(event)),
        live: () => recorder.live(),
        names: () => store.names(),
      }),
      ...lookRequests({ tracks: (camera, sinceMs) => lookLogs.get(camera)?.tracks(sinceMs) }),
    },
    open: () => store.open(),
    close: async () => {
      await Promise.all([store.close(), ...[...lookLogs.values()].map((log) => log.close())]);
    },
  };
}

/** A publisher that says what it says in Frigate's topics too, where the configuration asks for it. */
import type { Publisher } from '../publisher.ts';
import { FrigateSession, type FrigateSessionOptions } from './frigate-session.ts';

export interface WithFrigateOptions extends Omit<FrigateSessionOptions, 'address'> {
  /** Undefined: no MQTT. */
  readonly address: string | undefined;
}

export function withFrigate(publisher: Publisher, options: WithFrigateOptions): Publisher {
  const { address, config } = options;
  if (address === undefined || !config.publish.frigate.enabled) return publisher;
  const frigate = new FrigateSession({ ...options, address, logger: options.logger.child('frigate') });
  return {
    ...publisher,
    start: () => {
      publisher.start();
      frigate.start();
    },
    stop: async () => {
      await Promise.all([publisher.stop(), frigate.stop()]);
    },
    detections: (seen) => {
      publisher.detections(seen);
      frigate.detections(seen);
    },
    event: (event) => {
      publisher.event(event);
      frigate.event(event);
    },
    presence: (presence) => {
      publisher.presence(presence);
      frigate.presence(presence);
    },
    snapshot: async (snapshot) => {
      await Promise.all([publisher.snapshot(snapshot), frigate.snapshot(snapshot)]);
    },
  };
}

/** What a page may ask for: everything that MQTT may for the administrator, and what changes nothing for somebody who may only look. */
import type { Role } from '../../system/login/password-file.ts';

/** Requests that only read. */
const reading = [
  'ping',
  'info',
  'config-get',
  'models-list',
  'events',
  'event',
  'looks',
  'history',
  'log',
  'config-fields',
];

/** @param topic below <prefix>/<device id>, such as request/ping or output/led/set */
export function mayAsk(role: Role, topic: string): boolean {
  if (!/^(request\/[a-z0-9-]{1,64}|(output|control)\/[a-z0-9_-]{1,64}\/set)$/.test(topic)) return false;
  return role === 'administrator' || reading.some((name) => topic === `request/${name}`);
}

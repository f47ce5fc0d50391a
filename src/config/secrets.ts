/**
 * Secrets of the configuration: people paste `rtsp://user:password@camera` wherever an address goes. They are taken out when
 * it is loaded, so that whatever shows, publishes or logs the configuration has none to show; who logs in asks for them here.
 */
import { holdsSecret, maskAddress } from '../text/addresses.ts';

/** What each masked section was. Weak: a secret goes with its configuration. */
const whole = new WeakMap<object, object>();

/** A copy in which the credentials of every address are masked; its sections are known to revealed(). */
export function withoutSecrets<Value>(value: Value): Value {
  if (typeof value === 'string') return maskAddress(value) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const masked = Array.isArray(value)
    ? value.map((entry) => withoutSecrets(entry))
    : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutSecrets(entry)]));
  whole.set(masked, value);
  return masked as Value;
}

/**
 * The section of the configuration with its addresses as they were written. Only for what logs in with them, just there: it
 * must never be shown. A section that wasn't loaded, such as one a test made, is what it is.
 */
export function revealed<Section extends object>(section: Section): Section {
  return (whole.get(section) ?? section) as Section;
}

/** Dotted keys of the values that can open something. */
export function keysWithSecrets(section: object): string[] {
  return keysBelow(revealed(section), '');
}

function keysBelow(value: unknown, key: string): string[] {
  if (typeof value === 'string') return holdsSecret(value) ? [key] : [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => keysBelow(entry, `${key}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, entry]) => keysBelow(entry, key === '' ? name : `${key}.${name}`));
}

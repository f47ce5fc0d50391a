/** A component of Home Assistant's discovery: one entity, with the names that its MQTT integration gives to options. */

export type Platform = 'binary_sensor' | 'button' | 'event' | 'image' | 'number' | 'sensor' | 'switch';

/** An entry of an availability list; every one of the list must say `online`. */
export interface Availability {
  readonly topic: string;
  /** Jinja; renders `online` or `offline`. */
  readonly value_template: string;
}

/** What every entity has, and, by its platform, the options of https://www.home-assistant.io/integrations/mqtt/ */
export interface Component {
  readonly platform: Platform;
  /** For people; Home Assistant puts the device's name before it. */
  readonly name: string;
  readonly availability?: readonly Availability[];
  readonly availability_mode?: 'all';
  readonly entity_category?: 'config' | 'diagnostic';
  readonly [option: string]: unknown;
}

/** Components by their id, which is part of unique_id: a-z, 0-9, _ and -. */
export type Components = Readonly<Record<string, Component>>;

/** An id made of slugs. Two different lists of slugs that would read the same are told apart by whoever collects them. */
export function componentId(...parts: readonly string[]): string {
  return parts.join('-');
}

/** `front_door` as `Front door`. */
export function readable(slug: string): string {
  const words = slug.replaceAll(/[-_]+/g, ' ').trim() || slug;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** What Home Assistant shows of one camera: presence, count, picture and events of each label, its frame rate. */

import { slug } from '../../../text/slug.ts';
import type { Topics } from '../topics.ts';
import { cameraAvailability } from './availability.ts';
import { type Component, componentId, readable } from './component.ts';

export interface CameraFacts {
  readonly name: string;
  /** The labels that become presence and events. */
  readonly labels: readonly string[];
}

export interface CameraComponentsOptions {
  readonly topics: Topics;
  readonly snapshots: boolean;
  /** A request/snapshot is answered. */
  readonly canTakeSnapshots: boolean;
}

type Entry = readonly [id: string, component: Component];

export function cameraComponents(camera: CameraFacts, options: CameraComponentsOptions): Entry[] {
  const { topics, snapshots, canTakeSnapshots } = options;
  const title = readable(camera.name);
  const shared = { availability: cameraAvailability(topics, camera.name), availability_mode: 'all' } as const;
  const entries = camera.labels.flatMap((label) => labelComponents(camera.name, label, options));
  if (snapshots && canTakeSnapshots) {
    entries.push([
      componentId(camera.name, 'snapshot'),
      {
        platform: 'image',
        name: `${title} snapshot`,
        image_topic: topics.snapshot(camera.name),
        content_type: 'image/jpeg',
        ...shared,
      },
    ]);
    entries.push([
      componentId(camera.name, 'take-snapshot'),
      {
        platform: 'button',
        name: `${title} take snapshot`,
        icon: 'mdi:camera',
        command_topic: topics.request('snapshot'),
        payload_press: JSON.stringify({ camera: camera.name }),
        qos: 1,
        ...shared,
      },
    ]);
  }
  return entries;
}

function labelComponents(camera: string, label: string, { topics, snapshots }: CameraComponentsOptions): Entry[] {
  const id = (kind: string) => componentId(camera, slug(label), kind);
  const name = `${readable(camera)} ${label}`;
  const shared = { availability: cameraAvailability(topics, camera), availability_mode: 'all' } as const;
  const entries: Entry[] = [
    [
      id('presence'),
      {
        platform: 'binary_sensor',
        name,
        device_class: 'occupancy',
        state_topic: topics.presence(camera, label),
        payload_on: 'ON',
        payload_off: 'OFF',
        qos: 1,
        ...shared,
      },
    ],
    [
      id('count'),
      {
        platform: 'sensor',
        name: `${name} count`,
        icon: 'mdi:counter',
        state_class: 'measurement',
        state_topic: topics.count(camera, label),
        qos: 1,
        ...shared,
      },
    ],
    [
      id('event'),
      {
        platform: 'event',
        name: `${name} event`,
        event_types: ['new', 'update', 'end'],
        state_topic: topics.events(camera),
        value_template: eventTemplate(label),
        qos: 1,
        ...shared,
      },
    ],
  ];
  if (!snapshots) return entries;
  const image: Component = {
    platform: 'image',
    name: `${name} snapshot`,
    image_topic: topics.snapshot(camera, label),
    content_type: 'image/jpeg',
    ...shared,
  };
  return [...entries, [id('snapshot'), image]];
}

/**
 * An event entity takes JSON with `event_type`, and nothing for an empty text. Events of other labels are not its own;
 * replayed ones are history: after an outage they must not ring hundreds of phones.
 */
function eventTemplate(label: string): string {
  const given = ['id', 'label', 'score', 'zones', 'start'].map((key) => `'${key}': value_json.${key}`).join(', ');
  return [
    `{% if value_json.label == ${quoted(label)} and not value_json.replayed %}`,
    `{{ {'event_type': value_json.type, ${given}, 'estimates': value_json.estimates | default([])} | tojson }}`,
    '{% endif %}',
  ].join('');
}

/** A text in Jinja. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

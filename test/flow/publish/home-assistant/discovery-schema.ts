/**
 * Home Assistant's rules for device discovery, from its documentation and from the schemas of its MQTT integration:
 * https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
 * https://github.com/home-assistant/core/tree/dev/homeassistant/components/mqtt: schemas.py (DEVICE_DISCOVERY_SCHEMA,
 * MQTT_ENTITY_COMMON_SCHEMA), discovery.py (TOPIC_MATCHER, SHARED_OPTIONS), and binary_sensor.py, button.py, event.py,
 * image.py, number.py, sensor.py, switch.py. Stricter than those in one thing: an option that a platform doesn't know is
 * dropped there and an error here.
 */
import { z } from 'zod';

/** A topic to subscribe or publish to, without wildcards: util.py, valid_publish_topic. */
const topic = z.string().regex(/^[^+#\0]+$/);
const template = z.string().regex(/\{[{%]/);
const text = z.string().min(1);

const availability = z.array(
  z.strictObject({
    topic,
    value_template: template.optional(),
    payload_available: text.optional(),
    payload_not_available: text.optional(),
  }),
);

/** Every entity. unique_id is required for entities of device discovery. */
const common = {
  unique_id: text,
  name: text,
  availability: availability.min(1).optional(),
  availability_mode: z.enum(['all', 'any', 'latest']).optional(),
  entity_category: z.enum(['config', 'diagnostic']).optional(),
  icon: z
    .string()
    .regex(/^mdi:[a-z0-9-]+$/)
    .optional(),
  json_attributes_topic: topic.optional(),
  json_attributes_template: template.optional(),
  qos: z.literal([0, 1, 2]).optional(),
};
const reads = { state_topic: topic, value_template: template.optional() };
const payloads = { payload_on: text, payload_off: text };

const binarySensor = z.strictObject({
  platform: z.literal('binary_sensor'),
  ...common,
  ...reads,
  ...payloads,
  device_class: z.enum(['occupancy', 'problem', 'running']).optional(),
  expire_after: z.int().positive().optional(),
});

const button = z.strictObject({
  platform: z.literal('button'),
  ...common,
  command_topic: topic,
  payload_press: text.optional(),
  device_class: z.enum(['identify', 'restart', 'update']).optional(),
});

const event = z.strictObject({ platform: z.literal('event'), ...common, ...reads, event_types: z.array(text).min(1) });

const image = z.strictObject({
  platform: z.literal('image'),
  ...common,
  image_topic: topic,
  content_type: text.optional(),
});

const number = z
  .strictObject({
    platform: z.literal('number'),
    ...common,
    ...reads,
    command_topic: topic,
    min: z.number(),
    max: z.number(),
    step: z.number().min(0.001),
    mode: z.enum(['auto', 'box', 'slider']).optional(),
  })
  .refine(({ min, max }) => max > min, 'max must be greater than min: number.py, validate_config');

/** Units that a device class takes: components/sensor/const.py, DEVICE_CLASS_UNITS. */
const units: Record<string, readonly string[]> = {
  temperature: ['°C', '°F', 'K'],
  data_size: ['B', 'kB', 'MB', 'GB'],
  signal_strength: ['dB', 'dBm'],
};
const sensor = z
  .strictObject({
    platform: z.literal('sensor'),
    ...common,
    ...reads,
    device_class: z.enum(['data_size', 'enum', 'signal_strength', 'temperature']).optional(),
    state_class: z.enum(['measurement', 'total', 'total_increasing']).optional(),
    unit_of_measurement: text.optional(),
    options: z.array(text).min(1).optional(),
    expire_after: z.int().positive().optional(),
  })
  .refine(
    ({ device_class, unit_of_measurement: unit }) =>
      device_class === undefined || device_class === 'enum' || (units[device_class] ?? []).includes(unit ?? ''),
    'a unit that the device class takes',
  )
  .refine(
    ({ device_class, options, state_class, unit_of_measurement }) =>
      (device_class === 'enum') === (options !== undefined) &&
      (options === undefined || (state_class === undefined && unit_of_measurement === undefined)),
    'options belong to device_class enum, which has neither state_class nor unit: sensor.py, validate_options',
  );

const switchEntity = z.strictObject({
  platform: z.literal('switch'),
  ...common,
  ...reads,
  ...payloads,
  command_topic: topic,
});

/** Nothing but the platform: the entity is removed. */
const removal = z.strictObject({ platform: text });

export const discoverySchema = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(text).min(1),
    name: text,
    manufacturer: text.optional(),
    model: text.optional(),
    sw_version: text.optional(),
  }),
  origin: z.strictObject({ name: text, sw_version: text.optional(), support_url: z.url().optional() }),
  availability: availability.min(1),
  availability_mode: z.enum(['all', 'any', 'latest']),
  components: z.record(
    z.string().regex(/^[a-zA-Z0-9_-]+$/),
    z.union([
      removal,
      z.discriminatedUnion('platform', [binarySensor, button, event, image, number, sensor, switchEntity]),
    ]),
  ),
});

/** discovery.py, TOPIC_MATCHER. */
export const discoveryTopicPattern = /^[^+#]+\/device\/(?:[a-zA-Z0-9_-]+\/)?[a-zA-Z0-9_-]+\/config$/;

export type Discovery = z.output<typeof discoverySchema>;

/** The example blueprint: valid, complete, and its templates ring once per event and never for old ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import test from 'ava';
import { parse, type ScalarTag } from 'yaml';
import { z } from 'zod';
import { eventMessage } from '../../../../src/flow/publish/payloads.ts';
import { places } from '../../../requiring.ts';
import { eventOf, telling } from '../samples.ts';
import { componentOf, topics } from './facts.ts';

const file = join(places.root, 'config', 'examples', 'home-assistant', 'notify-with-picture.yaml');

/** Home Assistant's tag for a value that the user of a blueprint gives. */
const used: string[] = [];
const inputTag: ScalarTag = {
  tag: '!input',
  resolve: (name) => {
    used.push(name);
    return `input ${name}`;
  },
};

/**
 * Home Assistant's rules: components/blueprint/schemas.py (BLUEPRINT_SCHEMA) and components/automation/config.py;
 * https://www.home-assistant.io/docs/blueprint/schema/
 */
const blueprintSchema = z.strictObject({
  blueprint: z.strictObject({
    name: z.string().min(1),
    description: z.string().optional(),
    domain: z.literal('automation'),
    homeassistant: z.strictObject({ min_version: z.string().regex(/^\d{4}\.\d+\.\d+$/) }).optional(),
    input: z.record(
      z.string(),
      z.strictObject({
        name: z.string().optional(),
        description: z.string().optional(),
        default: z.unknown().optional(),
        selector: z.partialRecord(z.enum(['entity', 'device', 'text']), z.unknown()),
      }),
    ),
  }),
  mode: z.enum(['single', 'restart', 'queued', 'parallel']),
  max: z.int().min(2),
  triggers: z.tuple([z.strictObject({ trigger: z.literal('state'), entity_id: z.string() })]),
  conditions: z.tuple([z.strictObject({ condition: z.literal('template'), value_template: z.string() })]),
  actions: z.tuple([
    z.strictObject({ variables: z.record(z.string(), z.string()) }),
    z.strictObject({
      domain: z.literal('mobile_app'),
      type: z.literal('notify'),
      device_id: z.string(),
      title: z.string(),
      message: z.string(),
      data: z.strictObject({ tag: z.string(), image: z.string() }),
    }),
  ]),
});

const blueprint = blueprintSchema.parse(parse(readFileSync(file, 'utf8'), { customTags: [inputTag] }));

test('every input that is asked for is used, and every one that is used is asked for', (t) => {
  t.deepEqual([...new Set(used)].sort(), Object.keys(blueprint.blueprint.input).sort());
});

const nowSeconds = 1_800_000_000;
const functions = {
  now: () => nowSeconds,
  // An ISO time as Home Assistant reads it; anything else gives the fallback.
  as_timestamp: (value: unknown, fallback?: unknown) => {
    if (typeof value === 'number') return value;
    const ms = Date.parse(String(value));
    return Number.isNaN(ms) ? fallback : ms / 1000;
  },
  state_attr: () => '/api/image_proxy/image.front_person_snapshot?token=abc',
};

/** What the phone would show for a state of the event entity. */
function notified(state: string, attributes: Record<string, unknown>) {
  const context = { trigger: { to_state: { state, attributes } }, ...functions, picture: 'image.x', text: 'was seen' };
  const render = (template: string) => new Template(template).render(context);
  const [{ value_template }] = blueprint.conditions;
  if (!/^true$/i.test(render(value_template).trim())) return undefined;
  const { title, message, data } = blueprint.actions[1];
  return { title: render(title), message: render(message), tag: render(data.tag), image: render(data.image) };
}

const agoSeconds = (seconds: number) => new Date((nowSeconds - seconds) * 1000).toISOString();

/** Attributes that the event entity of persons takes from goby's own message; undefined when it stays silent. */
function attributesOf(type: 'new' | 'update' | 'end', replayed = false): Record<string, unknown> | undefined {
  const event = eventOf('mh9x2k1c-3f', { type, label: 'person' });
  const { payload } = eventMessage(topics, event, { ...telling, replayed });
  const template = componentOf('front-person-event')['value_template'] as string;
  const told = new Template(template).render({ value_json: JSON.parse(payload as string) });
  return told === '' ? undefined : JSON.parse(told);
}

test('an event rings once, with its picture', (t) => {
  t.deepEqual(notified(agoSeconds(1), attributesOf('new')!), {
    title: 'Person',
    message: 'Person was seen',
    tag: 'goby-mh9x2k1c-3f',
    image: '/api/image_proxy/image.front_person_snapshot?token=abc&event=mh9x2k1c-3f',
  });
  t.is(notified(agoSeconds(1), attributesOf('update')!), undefined);
  t.is(notified(agoSeconds(1), attributesOf('end')!), undefined);
});

test('a replayed event does not reach the entity at all, and an old one that comes back rings nobody', (t) => {
  t.is(attributesOf('new', true), undefined);
  t.is(notified(agoSeconds(3600), attributesOf('new')!), undefined);
  t.is(notified('unavailable', attributesOf('new')!), undefined);
  t.is(notified('unknown', {}), undefined);
});

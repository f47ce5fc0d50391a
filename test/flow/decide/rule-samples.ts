/** Rules and events in few words. */
import type { RuleConfig } from '../../../src/config/rules-section.ts';
import { type Action, isOutputAction } from '../../../src/flow/decide/action.ts';
import type { Event, EventType } from '../../../src/flow/track/event.ts';

export function rule(change: Partial<RuleConfig> = {}): RuleConfig {
  return {
    name: 'light',
    label: 'person',
    minScore: 0.5,
    schedule: [],
    dwellMs: 0,
    count: 1,
    output: 'led',
    action: 'on',
    periodMs: 500,
    offWhenGone: true,
    actions: [],
    cooldownMs: 0,
    ...change,
  };
}

/** `new a person 0.8 front drive,path`: type, id, label, score, camera, zones it is in. */
export function event(text: string, change: Partial<Event> = {}): Event {
  const [type, id, label, score = '0.8', camera = 'front', zones = ''] = text.split(' ');
  const inZones = zones.split(',').filter((zone) => zone !== '');
  return {
    type: type as EventType,
    id: id!,
    label: label!,
    score: Number(score),
    camera,
    zones: inZones,
    enteredZones: inZones,
    stationary: false,
    crossings: [],
    startMs: 0,
    startMonotonicMs: 0,
    ...(type === 'end' ? { endMs: 1, reason: 'gone' } : {}),
    backend: 'cpu',
    modelSha256: '',
    ...change,
  };
}

/** `led on`, `message intruder`, `snapshot front`. */
export function short(action: Action): string {
  if (isOutputAction(action)) return `${action.output} ${action.kind}`;
  return action.kind === 'message' ? `message ${action.name}` : `snapshot ${action.event.camera}`;
}

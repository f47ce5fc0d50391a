/** When an entity counts as available: a camera that gives no frames must never read as nobody there. */
import type { Topics } from '../topics.ts';
import type { Availability } from './component.ts';

/** The agent's session with the broker; its last will says offline. */
export function agentAvailability({ state }: Topics): Availability {
  return { topic: state, value_template: '{{ value_json.state }}' };
}

/** Of what is seen: agent, camera and inference must all be there. */
export function cameraAvailability(topics: Topics, camera: string): readonly Availability[] {
  const streams = `${stateOf(`camera/${camera}`)} == 'streaming'`;
  const infers = `${stateOf('worker')} in ['ready', 'degraded']`;
  return [
    agentAvailability(topics),
    { topic: topics.health, value_template: `{{ 'online' if ${streams} and ${infers} else 'offline' }}` },
  ];
}

/** Of an output: unavailable while its line can't be had. */
export function outputAvailability(topics: Topics, output: string): readonly Availability[] {
  return [
    agentAvailability(topics),
    {
      topic: topics.outputState(output),
      value_template: "{{ 'offline' if value_json.state == 'UNAVAILABLE' else 'online' }}",
    },
  ];
}

/** The state of a part of health, empty where the part is not there. */
export function stateOf(part: string): string {
  return `((value_json['${part}'] | default({})).state | default(''))`;
}

/** What can be switched and set from Home Assistant: outputs, arming, thresholds, a restart. */
import type { ControlReading } from '../../control/control.ts';
import type { Topics } from '../topics.ts';
import { outputAvailability } from './availability.ts';
import { type Component, componentId, readable } from './component.ts';

type Entry = readonly [id: string, component: Component];

export function outputComponents(topics: Topics, outputs: readonly string[]): Entry[] {
  return outputs.map((name) => [
    componentId('output', name),
    {
      platform: 'switch',
      name: readable(name),
      state_topic: topics.outputState(name),
      value_template: '{{ value_json.state }}',
      command_topic: topics.outputSet(name),
      payload_on: 'ON',
      payload_off: 'OFF',
      qos: 1,
      availability: outputAvailability(topics, name),
      availability_mode: 'all',
    },
  ]);
}

export function controlComponents(topics: Topics, controls: readonly ControlReading[]): Entry[] {
  return controls.map((control) => {
    const shared = {
      name: readable(control.name),
      state_topic: topics.controlState(control.name),
      value_template: '{{ value_json.state }}',
      command_topic: topics.controlSet(control.name),
      qos: 1,
    };
    const component: Component =
      control.kind === 'arming'
        ? { platform: 'switch', icon: 'mdi:shield-home', payload_on: 'ON', payload_off: 'OFF', ...shared }
        : {
            platform: 'number',
            entity_category: 'config',
            mode: 'slider',
            min: control.min,
            max: control.max,
            step: control.step,
            ...shared,
          };
    return [componentId('control', control.name), component];
  });
}

export function restartComponent(topics: Topics): Entry {
  return [
    'restart',
    {
      platform: 'button',
      name: 'Restart',
      device_class: 'restart',
      entity_category: 'config',
      command_topic: topics.request('restart'),
      payload_press: '{}',
      qos: 1,
    },
  ];
}

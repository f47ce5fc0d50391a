/** Checks that span several keys: names that must exist elsewhere, settings that exclude each other. */

import { parseAddress } from '../text/addresses.ts';
import { noSuchName, type Problem } from './messages.ts';
import { ruleProblems } from './rule-coherence.ts';
import { type Config, reservedNames } from './schema.ts';
import { thresholdControl } from './threshold-control.ts';

/** Everything in a well-formed configuration that doesn't fit together. */
export function coherenceProblems(config: Config): Problem[] {
  return [
    ...cameraProblems(config),
    ...ruleProblems(config),
    ...lineProblems(config),
    ...inputProblems(config),
    ...modelProblems(config),
    ...mqttProblems(config),
  ];
}

function modelProblems({ models: { own } }: Config): Problem[] {
  return Object.entries(own)
    .filter(([, { normalisation, range }]) => normalisation !== undefined && range !== undefined)
    .map(([name]) => ({
      key: `models.own.${name}`,
      message: 'normalisation and range say the same in two ways; keep one of them',
    }));
}

function cameraProblems(config: Config): Problem[] {
  const names = Object.keys(config.cameras);
  if (names.length === 0) {
    return [{ key: 'cameras', message: 'expected at least one camera, got none. Example: cameras: { front: {} }' }];
  }
  const reserved = names
    .filter((name) => (reservedNames as readonly string[]).includes(name))
    .map((name) => ({
      key: `cameras.${name}`,
      message: `the name ${name} is one of goby's own topics (${reservedNames.join(', ')}); name the camera otherwise`,
    }));
  return [...reserved, ...thresholdProblems(config)];
}

/** Each camera has a control of its own for minScore, whose name nothing else may have. */
function thresholdProblems({ cameras, controls }: Config): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const camera of Object.keys(cameras)) {
    const name = thresholdControl(camera);
    const owner = owners.get(name);
    if (owner !== undefined) {
      const message = `the name begins like that of camera ${owner}: both would have the control ${name}; shorten one`;
      problems.push({ key: `cameras.${camera}`, message });
    }
    if (Object.hasOwn(controls, name)) {
      const message = `${name} is the control of minScore of camera ${camera}; name this one otherwise`;
      problems.push({ key: `controls.${name}`, message });
    }
    owners.set(name, camera);
  }
  return problems;
}

function lineProblems(config: Config): Problem[] {
  const holders = new Map<string, string>();
  return [
    ...Object.entries(config.outputs).map(([name, { line }]) => ({ key: `outputs.${name}`, line })),
    ...Object.entries(config.inputs).map(([name, { line }]) => ({ key: `inputs.${name}`, line })),
  ].flatMap(({ key, line }) => {
    const other = holders.get(line);
    holders.set(line, key);
    return other === undefined ? [] : [{ key: `${key}.line`, message: `${line} is already the line of ${other}` }];
  });
}

function inputProblems({ inputs, controls }: Config): Problem[] {
  return Object.entries(inputs)
    .filter(([, { control }]) => !Object.hasOwn(controls, control))
    .map(([name, { control }]) => ({
      key: `inputs.${name}.control`,
      message: noSuchName({ kind: 'control', name: control, section: 'controls', known: Object.keys(controls) }),
    }));
}

function mqttProblems({ mqtt }: Config): Problem[] {
  const problems: Problem[] = [];
  const { tls } = mqtt;
  const usesTls = tls.caFile !== undefined || tls.certificateFile !== undefined || tls.keyFile !== undefined;
  if (usesTls && !mqtt.broker.startsWith('mqtts://')) {
    problems.push({
      key: 'mqtt.tls',
      message: `certificates need a broker address that starts with mqtts://, got ${mqtt.broker}`,
    });
  }
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
    problems.push({ key: 'mqtt.tls', message: 'certificateFile and keyFile belong together; one of them is missing' });
  }
  const login = parseAddress(mqtt.broker)?.login;
  if (login !== undefined && mqtt.username !== undefined && login.user !== mqtt.username) {
    const message = `the address has another user than mqtt.username, which is ${mqtt.username}: keep one of them`;
    problems.push({ key: 'mqtt.broker', message });
  }
  if (mqtt.passwordFile !== undefined && mqtt.username === undefined && login === undefined) {
    problems.push({ key: 'mqtt.passwordFile', message: 'a password needs mqtt.username too' });
  }
  if (mqtt.broker === 'embedded' && mqtt.protocolVersion === 5) {
    problems.push({ key: 'mqtt.protocolVersion', message: 'the embedded broker speaks 4 (MQTT 3.1.1) only' });
  }
  return problems;
}

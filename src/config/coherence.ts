/** Checks that span several keys: names that must exist elsewhere, settings that exclude each other. */
import type { Problem } from './messages.ts';
import { ruleProblems } from './rule-coherence.ts';
import { type Config, reservedNames } from './schema.ts';

/** Everything in a well-formed configuration that doesn't fit together. */
export function coherenceProblems(config: Config): Problem[] {
  return [...cameraProblems(config), ...ruleProblems(config), ...outputProblems(config), ...mqttProblems(config)];
}

function cameraProblems(config: Config): Problem[] {
  const names = Object.keys(config.cameras);
  if (names.length === 0) {
    return [{ key: 'cameras', message: 'expected at least one camera, got none. Example: cameras: { front: {} }' }];
  }
  return names
    .filter((name) => (reservedNames as readonly string[]).includes(name))
    .map((name) => ({
      key: `cameras.${name}`,
      message: `the name ${name} is one of goby's own topics (${reservedNames.join(', ')}); name the camera otherwise`,
    }));
}

function outputProblems(config: Config): Problem[] {
  const byLine = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, output] of Object.entries(config.outputs)) {
    const other = byLine.get(output.line);
    if (other !== undefined) {
      problems.push({ key: `outputs.${name}.line`, message: `${output.line} is already the line of outputs.${other}` });
    }
    byLine.set(output.line, name);
  }
  return problems;
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
  if (mqtt.passwordFile !== undefined && mqtt.username === undefined) {
    problems.push({ key: 'mqtt.passwordFile', message: 'a password needs mqtt.username too' });
  }
  if (mqtt.broker === 'embedded' && mqtt.protocolVersion === 5) {
    problems.push({ key: 'mqtt.protocolVersion', message: 'the embedded broker speaks 4 (MQTT 3.1.1) only' });
  }
  return problems;
}

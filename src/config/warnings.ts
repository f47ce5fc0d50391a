/** Settings that are allowed and seldom meant: check-config and doctor name them, and nothing is refused. */
import { mqttPorts } from './broker-address.ts';
import { keyOf, type Problem } from './messages.ts';
import type { Config } from './schema.ts';

export function configWarnings(config: Config): Problem[] {
  return [...brokerWarnings(config), ...prefixWarnings(config), ...cameraWarnings(config), ...pathWarnings(config)];
}

function brokerWarnings({ mqtt }: Config): Problem[] {
  const { broker, username, passwordFile, tls } = mqtt;
  const isOwn = broker === 'embedded' || broker === 'off';
  const warnings: Problem[] = [];
  if (isOwn && username !== undefined) {
    warnings.push({ key: 'mqtt.username', message: `nobody asks for it while mqtt.broker is ${broker}` });
  }
  if (isOwn) return warnings;
  if (username !== undefined && passwordFile === undefined) {
    const message =
      'it logs in without a password, unless systemd hands one over (/etc/credstore/goby.mqtt-password); else name its file. Write: passwordFile: /etc/goby/mqtt-password';
    warnings.push({ key: 'mqtt.username', message });
  }
  const port = Number(/:(\d+)\/?$/.exec(broker)?.[1]);
  if (broker.startsWith('mqtt:') && port === mqttPorts.tls) {
    const message = `port ${port} is mostly that of TLS, and ${broker} is without. If so, write: broker: ${broker.replace('mqtt:', 'mqtts:')}`;
    warnings.push({ key: 'mqtt.broker', message });
  }
  if (broker.startsWith('mqtts:') && port === mqttPorts.plain) {
    const message = `port ${port} is mostly without TLS, and ${broker} is with it. If so, write: broker: ${broker.replace('mqtts:', 'mqtt:')}`;
    warnings.push({ key: 'mqtt.broker', message });
  }
  if (broker.startsWith('mqtts:') && !tls.verify) {
    warnings.push({
      key: 'mqtt.tls.verify',
      message: 'false takes any certificate: anybody in between can read along',
    });
  }
  return warnings;
}

function prefixWarnings({ publish, homeAssistant }: Config): Problem[] {
  if (publish.topicPrefix !== homeAssistant.discoveryPrefix) return [];
  const message = `it is Home Assistant's own prefix (homeAssistant.discoveryPrefix); goby's topics stand better elsewhere. Write: topicPrefix: goby`;
  return [{ key: 'publish.topicPrefix', message }];
}

function cameraWarnings({ cameras }: Config): Problem[] {
  return Object.entries(cameras).flatMap(([name, { source }]) => {
    const key = `cameras.${name}.source`;
    if (source.type === 'ffmpeg' && /^(rtsps|rtmps):/.test(source.input)) {
      const message = 'it is encrypted, but ffmpeg checks no certificate of it: whoever is in between can read along';
      return [{ key: `${key}.input`, message }];
    }
    const isHttp = 'input' in source && /^https?:/.test(source.input);
    if (isHttp && !source.tls.verify) {
      const message = 'false takes any certificate: whoever is in between sees the pictures and the password';
      return [{ key: `${key}.tls.verify`, message }];
    }
    return [];
  });
}

/** A shell would put something else in their place; goby reads them as they stand. */
function pathWarnings(config: Config): Problem[] {
  return textsOf(config).flatMap(({ path, text }) => {
    const isTilde = /(^|\/)~(\/|$)/.test(text);
    const variable = /\$\{?[A-Z_][A-Z0-9_]*\}?/.exec(text)?.[0];
    if (!isTilde && variable === undefined) return [];
    const message = `${isTilde ? '~' : variable} is read as it stands, not as your home folder or a variable; write the whole path`;
    return [{ key: keyOf(path), message }];
  });
}

interface TextAt {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

function textsOf(value: unknown, path: readonly PropertyKey[] = []): TextAt[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((entry, position) => textsOf(entry, [...path, position]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => textsOf(entry, [...path, key]));
}

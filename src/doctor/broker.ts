/** Does the MQTT broker answer, and does it accept our credentials? */
import type { MqttConfig } from '../config/schema.ts';
import { closedEarlyText, isHangUp } from '../flow/publish/closed-early.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { parseAddress } from '../text/addresses.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What one attempt to log in gave. */
export type BrokerOutcome =
  | { readonly kind: 'accepted' }
  /** The broker answered and said no: CONNACK's reason code. */
  | { readonly kind: 'refused'; readonly reasonCode: number }
  /** No answer: the error's code, such as ECONNREFUSED, and its message. */
  | { readonly kind: 'unreachable'; readonly code: string; readonly message: string }
  /** Something before the connection, such as a password file that can't be read. */
  | { readonly kind: 'unprepared'; readonly problem: string };

const homeAssistant =
  'To see it in Home Assistant, use its broker: set mqtt.broker: mqtt://homeassistant.local:1883 and mqtt.username in /etc/goby/goby.yaml, put the password into /etc/credstore/goby.mqtt-password (or a file that mqtt.passwordFile names), then: sudo systemctl restart goby';

/** What the running agent says. */
export function brokerFinding({ broker }: Pick<AgentStatus, 'broker'>, config: Pick<MqttConfig, 'broker'>): Finding {
  const detail = broker.detail === undefined ? '' : ` ${broker.detail}`;
  if (broker.state === 'off') return warn('broker', 'MQTT is off: nothing is published.', homeAssistant);
  if (broker.state !== 'connected') return fail('broker', `${broker.address}: ${broker.state}.${detail}`);
  const remedy = config.broker === 'embedded' ? homeAssistant : undefined;
  return ok('broker', `Connected to ${broker.address}.`, remedy);
}

/** What can be said while no agent runs. @param outcome absent where there is no broker to ask */
export function checkBroker(config: MqttConfig, outcome?: BrokerOutcome): Finding {
  if (config.broker === 'off') return warn('broker', 'MQTT is off: nothing is published.', homeAssistant);
  if (config.broker === 'embedded')
    return ok(
      'broker',
      `goby runs its own broker on ${config.embedded.host}:${config.embedded.port} as long as the agent runs.`,
      homeAssistant,
    );
  switch (outcome?.kind) {
    case undefined:
      return warn('broker', `${config.broker} was not asked.`);
    case 'accepted':
      return ok('broker', `${config.broker} accepts ${whoWeAre(config)}.`);
    case 'refused':
      return refused(config, outcome.reasonCode);
    case 'unreachable':
      return unreachable(config.broker, outcome.code, outcome.message);
    case 'unprepared':
      return fail('broker', outcome.problem);
  }
}

/** Reason codes of CONNACK: 1..5 of MQTT 3.1.1, 128 and up of MQTT 5. */
function refused(config: MqttConfig, reasonCode: number): Finding {
  const { broker } = config;
  switch (reasonCode) {
    case 1:
    case 132:
      return fail(
        'broker',
        `${broker} doesn't speak MQTT ${config.protocolVersion === 5 ? '5' : '3.1.1'}.`,
        `Set mqtt.protocolVersion: ${config.protocolVersion === 5 ? 4 : 5}.`,
      );
    case 4:
    case 5:
    case 134:
    case 135:
      return fail(
        'broker',
        `${broker} refuses ${whoWeAre(config)} (reason code ${reasonCode}).`,
        config.username !== undefined && config.passwordFile === undefined
          ? 'Name the file of the password with mqtt.passwordFile: without it, only one in /etc/credstore/goby.mqtt-password is sent.'
          : 'Check mqtt.username, and that the file of mqtt.passwordFile holds the password as its only line.',
      );
    case 3:
    case 136:
      return fail('broker', `${broker} is not available at the moment.`, "Look into the broker's own log.");
    default:
      return fail(
        'broker',
        `${broker} refused the connection (reason code ${reasonCode}).`,
        "Look into the broker's own log.",
      );
  }
}

function unreachable(broker: string, code: string, message: string): Finding {
  const known: Record<string, readonly [string, string]> = {
    ECONNREFUSED: [
      'nothing listens there.',
      'Start the broker (sudo systemctl status mosquitto), and check that it listens beyond loopback: listener 1883.',
    ],
    ENOTFOUND: ['its name is unknown.', 'Check the name in mqtt.broker, or use its IP address.'],
    EAI_AGAIN: ['its name could not be looked up.', 'Check the network and its name server.'],
    EHOSTUNREACH: ['there is no way to it.', 'Check the network, and that the broker is on.'],
    ENETUNREACH: ['there is no way to it.', 'Check the network.'],
    ETIMEDOUT: ['it gives no answer.', 'Check address, port and firewall.'],
    DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is self-signed.', 'Set mqtt.tls.caFile to its certificate.'],
    SELF_SIGNED_CERT_IN_CHAIN: ['its certificate comes from an unknown authority.', 'Set mqtt.tls.caFile.'],
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate comes from an unknown authority.', 'Set mqtt.tls.caFile.'],
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['its certificate comes from an unknown authority.', 'Set mqtt.tls.caFile.'],
    ERR_TLS_CERT_ALTNAME_INVALID: [
      'its certificate is for another name.',
      'Use the name of the certificate in mqtt.broker.',
    ],
    CERT_HAS_EXPIRED: ['its certificate has expired.', 'Renew it, and check the clock of this device.'],
    CERT_NOT_YET_VALID: ['its certificate is not valid yet.', 'Check the clock of this device: timedatectl status'],
  };
  if (isHangUp({ code })) return fail('broker', `${broker} can't be used: ${closedEarlyText(broker)}.`);
  const [what, remedy] = known[code] ?? [`${message}.`, undefined];
  return fail('broker', `${broker} can't be reached: ${what}`, remedy);
}

function whoWeAre({ broker, username }: MqttConfig): string {
  if (username === undefined && parseAddress(broker)?.login !== undefined) return 'the user of its address';
  return username === undefined ? 'anonymous clients' : `the user ${username}`;
}

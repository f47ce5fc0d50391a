/** Sentences for what a broker, or the TLS between, refuses. */
import type { MqttConfig } from '../../config/schema.ts';
import { parseAddress } from '../../text/addresses.ts';
import { isElsewhere, isOverload, reasonText } from './reason-codes.ts';

/** Return codes of CONNACK: MQTT 3.1.1 section 3.2.2.3, and the reason codes of MQTT 5 section 3.2.2.2. */
const badVersion = [1, 0x84];
const badId = [2, 0x85];
/** It may be better in a moment. */
const unavailable = [3, 0x88];
const badCredentials = [4, 5, 0x86, 0x87];

const notAccepted = (address: string) => `The certificate of ${address} is not accepted`;

/** Codes of Node's and OpenSSL's errors, first match counts, and what to say about them. */
const tlsFaults: readonly (readonly [RegExp, (address: string) => string])[] = [
  [
    /ALTNAME_INVALID/,
    (address) => `${notAccepted(address)}: it is for another name; use the name it was made for in mqtt.broker`,
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    (address) => `${notAccepted(address)}: it is not valid today; renew it, or set this device's clock`,
  ],
  [
    /ALERT.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/,
    (address) =>
      `The broker ${address} wants a client certificate that it knows; set mqtt.tls.certificateFile and mqtt.tls.keyFile`,
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_TOO_/,
    (address) => `The broker ${address} speaks no TLS on this port; use mqtt:// or another port`,
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_|SIGNATURE/,
    (address) => `${notAccepted(address)}: it comes from an unknown authority; name it with mqtt.tls.caFile`,
  ],
  [/^ERR_(SSL|TLS|OSSL)_/, (address) => `No TLS session could be made with ${address}`],
];

/** What CONNACK and DISCONNECT of MQTT 5 may say beside the code. */
export interface BrokerWords {
  readonly reasonString?: string;
  readonly serverReference?: string;
}

export interface RefusedAttempt {
  readonly address: string;
  readonly config: Pick<MqttConfig, 'broker' | 'username' | 'passwordFile' | 'protocolVersion'>;
  readonly words?: BrokerWords;
}

/** Where a broker sends its clients elsewhere goby doesn't follow: the other one would get its password. */
export function elsewhereText(address: string, { serverReference }: BrokerWords): string {
  const where = serverReference === undefined ? 'another server' : printable(serverReference);
  return `The broker ${address} says that ${where} is to be used instead; set mqtt.broker to it.`;
}

/** What a broker wrote, short and without what a terminal would obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?').slice(0, 200);
}

/** What to tell and how to mend it; undefined for a fault that is no refusal. */
export function explainRefusal(
  error: Error & { code?: unknown },
  { address, config, words = {} }: RefusedAttempt,
): string | undefined {
  const { code } = error;
  if (typeof code === 'string') {
    // OpenSSL's reason is only in the message of this one: "... wrong version number ...".
    const reason = code === 'EPROTO' ? error.message.toUpperCase().replaceAll(' ', '_') : code;
    const fault = tlsFaults.find(([pattern]) => pattern.test(reason));
    return fault && `${fault[1](address)} (${code}).`;
  }
  if (typeof code !== 'number' || unavailable.includes(code) || isOverload(code)) return undefined;
  if (badVersion.includes(code)) {
    const [ours, other] = config.protocolVersion === 5 ? ['5', 4] : ['3.1.1', 5];
    return `The broker ${address} refuses MQTT ${ours}; set mqtt.protocolVersion to ${other}.`;
  }
  if (badId.includes(code)) return `The broker ${address} refuses our client id; set another device.id.`;
  if (badCredentials.includes(code)) {
    if (config.username === undefined && parseAddress(config.broker)?.login !== undefined) {
      return `The broker ${address} refuses the user and password of its address; check mqtt.broker.`;
    }
    if (config.username === undefined) {
      return `The broker ${address} wants a user name and a password; set mqtt.username and mqtt.passwordFile.`;
    }
    return config.passwordFile === undefined
      ? `The broker ${address} refuses the user ${config.username}; mqtt.passwordFile names no file, so that only a password that systemd hands over was sent.`
      : `The broker ${address} refuses the user ${config.username} with this password; check mqtt.username and the file of mqtt.passwordFile.`;
  }
  if (isElsewhere(code)) return elsewhereText(address, words);
  const said = words.reasonString === undefined ? '' : ` It says: ${printable(words.reasonString)}`;
  return `The broker ${address} refuses the session (${code < 0x80 ? `code ${code}` : reasonText(code)}).${said}`;
}

/** Sentences for what a broker or its certificate refuses. */
import type { MqttConfig } from '../config/schema.ts';

/** Return codes of CONNACK: MQTT 3.1.1 section 3.2.2.3, and the reason codes of MQTT 5 section 3.2.2.2. */
const badVersion = [1, 0x84];
const badId = [2, 0x85];
const unavailable = [3, 0x88];
const badCredentials = [4, 0x86];
const notAuthorized = [5, 0x87];

/** What to tell and how to mend it; undefined for a fault that is no refusal. */
export function explainRefusal(
  error: Error & { code?: unknown },
  { address, config }: { address: string; config: Pick<MqttConfig, 'username' | 'protocolVersion'> },
): string | undefined {
  const { code } = error;
  if (typeof code === 'number') {
    if (badVersion.includes(code)) {
      return `The broker ${address} refuses MQTT ${config.protocolVersion === 5 ? '5' : '3.1.1'}; set mqtt.protocolVersion to ${config.protocolVersion === 5 ? 4 : 5}.`;
    }
    if (badId.includes(code)) return `The broker ${address} refuses our client id; set another device.id.`;
    if (unavailable.includes(code)) return undefined;
    if (badCredentials.includes(code) || notAuthorized.includes(code)) {
      return config.username === undefined
        ? `The broker ${address} wants a user name and a password; set mqtt.username and mqtt.passwordFile.`
        : `The broker ${address} refuses the user ${config.username} with this password; check mqtt.username and the file of mqtt.passwordFile.`;
    }
    return `The broker ${address} refuses the session (code ${code}).`;
  }
  const isCertificate = typeof code === 'string' && /CERT|SIGNED|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code);
  return isCertificate
    ? `The certificate of ${address} is not accepted (${code}); name its authority with mqtt.tls.caFile, and use the host name it was made for.`
    : undefined;
}

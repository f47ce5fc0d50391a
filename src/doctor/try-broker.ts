/** Logs in to the configured broker once, under a name of its own, and leaves again. */
import mqtt, { type IClientOptions } from 'mqtt';
import { brokerAddress } from '../config/broker-address.ts';
import type { MqttConfig } from '../config/schema.ts';
import { revealed } from '../config/secrets.ts';
import { ConfigError, sentence } from '../errors.ts';
import { readCredentials } from '../flow/publish/credentials.ts';
import { secretLine } from '../text/secret-line.ts';
import type { BrokerOutcome } from './broker.ts';
import { exists } from './host-facts.ts';
import { credentialFile } from './root-facts.ts';

export interface TryBrokerOptions {
  readonly config: MqttConfig;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** Only root may read it. */
  readonly stored?: string;
  /** What root read in it. */
  readonly storedPassword?: Buffer | undefined;
}

/** Never rejects. */
export async function tryBroker({
  config,
  env = process.env,
  timeoutMs = 5000,
  stored = credentialFile,
  storedPassword,
}: TryBrokerOptions): Promise<BrokerOutcome> {
  let options: IClientOptions;
  try {
    const isStored = storedPassword === undefined && (await exists(stored));
    const known = isStored ? { ...revealed(config), passwordFile: stored } : config;
    options = { ...(await clientOptions(known, env, timeoutMs)), ...handedPassword(storedPassword) };
  } catch (error) {
    return { kind: 'unprepared', problem: sentence(error) };
  }
  return await attempt(brokerAddress(config.broker), options, timeoutMs);
}

function handedPassword(bytes: Buffer | undefined): { password?: string } {
  if (bytes === undefined) return {};
  const line = secretLine(bytes);
  if ('fault' in line) throw new ConfigError(`${credentialFile} ${line.fault}.`);
  return { password: line.secret };
}

async function clientOptions(config: MqttConfig, env: NodeJS.ProcessEnv, timeoutMs: number): Promise<IClientOptions> {
  return {
    // Not the agent's id: a broker ends the session of the older of two clients with one id.
    clientId: `goby-doctor-${process.pid}`,
    protocolVersion: config.protocolVersion,
    reconnectPeriod: 0,
    connectTimeout: timeoutMs,
    ...(config.broker.startsWith('mqtts:') ? { rejectUnauthorized: config.tls.verify } : {}),
    ...(await readCredentials(config, env)),
  };
}

function attempt(broker: string, options: IClientOptions, timeoutMs: number): Promise<BrokerOutcome> {
  return new Promise((resolve) => {
    const client = mqtt.connect(broker, options);
    const settle = (outcome: BrokerOutcome): void => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.on('error', () => undefined);
      client.end(true, () => resolve(outcome));
    };
    const timer = setTimeout(
      () => settle({ kind: 'unreachable', code: 'ETIMEDOUT', message: 'no answer' }),
      timeoutMs + 500,
    );
    client.once('connect', () => settle({ kind: 'accepted' }));
    client.once('error', (error) => settle(outcomeOf(error)));
    client.once('close', () =>
      settle({ kind: 'unreachable', code: 'ECONNRESET', message: 'it closed the connection' }),
    );
  });
}

/** mqtt.js numbers CONNACK's refusals; everything else carries the code of Node. */
function outcomeOf(error: Error): BrokerOutcome {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return { kind: 'refused', reasonCode: code };
  // A name with several addresses gives an AggregateError with one error for each.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const innerCode = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  const text = typeof code === 'string' ? code : typeof innerCode === 'string' ? innerCode : '';
  return {
    kind: 'unreachable',
    code: /connack timeout/i.test(error.message) ? 'ETIMEDOUT' : text,
    message: error.message === '' ? sentence(inner ?? error) : error.message,
  };
}

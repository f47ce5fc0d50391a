/** Settings of the agent itself: /var/lib/goby/overrides.yaml, and the files for the broker's password and authority. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { overridesFileIn, overridesText } from '../../config/overrides.ts';
import { configSchema } from '../../config/schema.ts';
import { sentence } from '../../errors.ts';
import type { Settings } from './settings.ts';
import type { Target } from './target.ts';

/** Of the service, which imports them. */
export const overridesFile = overridesFileIn('/var/lib/goby');
const passwordFile = '/etc/goby/mqtt-password';
const authorityFile = '/etc/goby/mqtt-ca.crt';

type Tree = Record<string, unknown>;

/**
 * Other keys of overrides.yaml stay. Nothing is written that the configuration's schema would refuse.
 * @returns a sentence for each thing that could not be done
 */
export async function putAgentSettings(settings: Settings, boot: string, target: Target): Promise<string[]> {
  const problems: string[] = [];
  const authority = settings.mqtt_ca === undefined ? undefined : await readAuthority(join(boot, settings.mqtt_ca));
  if (authority === null) {
    problems.push(
      `mqtt_ca: the file ${settings.mqtt_ca} beside goby.txt holds no certificate, or isn't there; expected PEM text (-----BEGIN CERTIFICATE-----).`,
    );
  }
  const { device_name, mqtt_address, mqtt_user, mqtt_password } = settings;
  const said: Tree = {
    ...(device_name === undefined ? {} : { device: { name: device_name } }),
    ...(mqtt_address === undefined
      ? {}
      : {
          mqtt: {
            broker: mqtt_address,
            ...(mqtt_user === undefined ? {} : { username: mqtt_user }),
            ...(mqtt_password === undefined ? {} : { passwordFile }),
            ...(typeof authority === 'string' ? { tls: { caFile: authorityFile } } : {}),
          },
        }),
  };
  if (Object.keys(said).length === 0) return problems;
  const { values, problem } = await presentOverrides(target);
  if (problem !== undefined) problems.push(problem);
  const merged = merge(values, said);
  const checked = configSchema.safeParse(merged);
  if (!checked.success) {
    return [...problems, `${overridesFile} was left as it is: with these settings it could not be used.`];
  }
  const secret = { mode: 0o640, owner: 'root:goby' };
  if (mqtt_password !== undefined) await target.write(passwordFile, `${mqtt_password}\n`, secret);
  if (typeof authority === 'string') await target.write(authorityFile, authority);
  await target.write(overridesFile, overridesText({ values: merged, trial: undefined }), {
    mode: 0o640,
    owner: 'goby:goby',
  });
  return problems;
}

/** Text of a certificate; null where the file isn't one. */
async function readAuthority(file: string): Promise<string | null> {
  const content = await readFile(file, 'utf8').catch(() => '');
  return content.includes('-----BEGIN CERTIFICATE-----') ? content : null;
}

async function presentOverrides(target: Target): Promise<{ values: Tree; problem?: string }> {
  const before = await target.read(overridesFile);
  if (before === undefined) return { values: {} };
  try {
    const values: unknown = parse(before) ?? {};
    if (typeof values === 'object' && !Array.isArray(values)) {
      // The mark of a change from afar that has yet to prove itself: with a person at the card it counts.
      const { trial: _trial, ...settings } = values as Tree;
      return { values: settings };
    }
    throw new Error('it is no list of keys with values');
  } catch (error) {
    await target.write(`${overridesFile}.damaged`, before, { mode: 0o640, owner: 'goby:goby' });
    const problem = `${overridesFile} was damaged (${sentence(error).split('\n')[0]}) and is kept as overrides.yaml.damaged.`;
    return { values: {}, problem };
  }
}

/** Sections are merged key by key; a broker's section is replaced whole, so that no old user goes to a new broker. */
function merge(before: Tree, said: Tree): Tree {
  const device = { ...(before['device'] as Tree | undefined), ...(said['device'] as Tree | undefined) };
  return { ...before, ...said, ...(Object.keys(device).length > 0 ? { device } : {}) };
}

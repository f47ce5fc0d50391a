/** Settings of the agent itself: /var/lib/goby/overrides.yaml, and the files for passwords and the broker's authority. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textLayer } from '../../config/layers.ts';
import { overridesFileIn, overridesText } from '../../config/overrides.ts';
import { configSchema } from '../../config/schema.ts';
import { bootSettings, foreignOverride } from '../../config/settable.ts';
import { webPlaces } from '../../config/web-section.ts';
import { sentence } from '../../errors.ts';
import { hashPassword } from '../login/password.ts';
import { type Hashes, parsePasswordFile, passwordFileMode, passwordFileText } from '../login/password-file.ts';
import type { Settings } from './settings.ts';
import type { Target } from './target.ts';

/** Of the service, which imports them. */
const stateDir = '/var/lib/goby';
export const overridesFile = overridesFileIn(stateDir);
const pagePasswords = webPlaces({ stateDir }).passwords;
const { passwordFile, caFile: authorityFile, webListen } = bootSettings;

type Tree = Record<string, unknown>;
const owner = 'goby:goby';

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
  const { device_name, mqtt_address, mqtt_user, mqtt_password, web_password } = settings;
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
    // With a password the page may be opened from a phone, which is what it is set for.
    ...(web_password === undefined ? {} : { web: { listen: webListen } }),
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
  // Before the page may listen.
  if (web_password !== undefined) await putPagePassword(web_password, target);
  await target.write(overridesFile, overridesText({ values: merged, trial: undefined }), { mode: 0o640, owner });
  return problems;
}

/** Text of a certificate; null where the file isn't one. */
async function readAuthority(file: string): Promise<string | null> {
  const content = await readFile(file, 'utf8').catch(() => '');
  return content.includes('-----BEGIN CERTIFICATE-----') ? content : null;
}

/** Sets the administrator's; the viewer's stays. With it whoever was logged in logs in anew. */
async function putPagePassword(password: string, target: Target): Promise<void> {
  const hashes: Hashes = { ...(await presentHashes(target)), administrator: await hashPassword(password) };
  await target.write(pagePasswords, passwordFileText(hashes), { mode: passwordFileMode, owner });
}

async function presentHashes(target: Target): Promise<Hashes> {
  try {
    return parsePasswordFile((await target.read(pagePasswords)) ?? '{}');
  } catch {
    // The page could not read it either.
    return {};
  }
}

async function presentOverrides(target: Target): Promise<{ values: Tree; problem?: string }> {
  const before = await target.read(overridesFile);
  if (before === undefined) return { values: {} };
  try {
    const { values } = textLayer(overridesFile, before);
    // The mark that a change over MQTT is on trial goes: a person who writes goby.txt has decided.
    const { trial: _trial, ...settings } = values;
    const foreign = foreignOverride(settings);
    if (foreign !== undefined) throw new Error(`its key ${foreign} is none that may stand there`);
    return { values: settings };
  } catch (error) {
    await target.write(`${overridesFile}.damaged`, before, { mode: 0o640, owner });
    const problem = `${overridesFile} was damaged (${sentence(error).split('\n')[0]}) and is kept as overrides.yaml.damaged.`;
    return { values: {}, problem };
  }
}

/** Sections are merged key by key; a broker's section is replaced whole, so that no old user goes to a new broker. */
function merge(before: Tree, said: Tree): Tree {
  const device = { ...(before['device'] as Tree | undefined), ...(said['device'] as Tree | undefined) };
  return { ...before, ...said, ...(Object.keys(device).length > 0 ? { device } : {}) };
}

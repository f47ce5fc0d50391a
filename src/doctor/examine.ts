/** The whole examination, finding by finding: machine, configuration, service, then the parts through it or directly. */

import { type ConfigOptions, configFrom } from '../config/config-options.ts';
import { builtInConfig, type LoadedConfig } from '../config/load.ts';
import { configWarnings } from '../config/warnings.ts';
import { isExpected, sentence } from '../errors.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { askStatus, statusSocketPath } from '../system/service/status-socket.ts';
import { agentChecks, directChecks, machineChecks } from './checks.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { platformFacts, unitFacts } from './host-facts.ts';
import { checkPlatform } from './platform.ts';
import type { RootFacts } from './root-facts.ts';
import { runChecks } from './run-checks.ts';
import { checkService } from './service.ts';

/** Where the installed service answers; an agent of a checkout answers in that checkout. */
const installedSocket = '/run/goby/status.sock';

/** @param asked what root was told before it left */
export async function* examine(
  options: ConfigOptions,
  asked: RootFacts = {},
  env: NodeJS.ProcessEnv = process.env,
): AsyncGenerator<Finding> {
  const platform = checkPlatform(await platformFacts());
  yield platform;
  if (platform.level === 'fail') return;

  const { finding, loaded, usable } = configuration(options, env);
  yield finding;

  const agent = await findAgent(loaded);
  const unit = await unitFacts();
  yield checkService({ ...unit, ...agent, nowMs: Date.now() });

  const { status } = agent;
  yield* runChecks(machineChecks({ loaded, env, ...(status === undefined ? {} : { status }) }));
  if (status !== undefined) yield* runChecks(agentChecks({ loaded, env, status }));
  // An agent that doesn't answer may hold camera, Edge TPU and GPIO: they are left alone.
  else if (agent.refused === undefined && !mayRun(unit.activeState) && usable)
    yield* runChecks(directChecks({ loaded, env, asked }));
}

interface Configuration {
  readonly finding: Finding;
  /** The built-in configuration when the given one can't be used. */
  readonly loaded: LoadedConfig;
  readonly usable: boolean;
}

function configuration(options: ConfigOptions, env: NodeJS.ProcessEnv): Configuration {
  try {
    const loaded = configFrom(options);
    const { refused } = loaded.overrides;
    const finding =
      refused === undefined
        ? usableFinding(loaded)
        : warn('config', refused, 'They are left out: goby run sets the file aside.');
    return { finding, loaded, usable: true };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { finding: fail('config', sentence(error)), loaded: builtInConfig(env), usable: false };
  }
}

function usableFinding({ file, config }: LoadedConfig): Finding {
  const usable = `${file ?? 'The built-in configuration'} can be used.`;
  const warnings = configWarnings(config).map(({ key, message }) => `${key}: ${message}.`);
  return warnings.length === 0 ? ok('config', usable) : warn('config', `${usable} ${warnings.join(' ')}`);
}

/** The agent that answers, or the sentence of why it could not be asked. */
async function findAgent({ config, places }: LoadedConfig): Promise<{ status?: AgentStatus; refused?: string }> {
  const configured = config.service.statusSocket;
  const own = statusSocketPath(config.service, places);
  const candidates = configured === undefined ? new Set([own, installedSocket]) : [configured];
  let refused: string | undefined;
  for (const path of candidates) {
    try {
      const status = await askStatus(path);
      if (status !== undefined) return { status };
    } catch (error) {
      if (!isExpected(error)) throw error;
      refused ??= sentence(error);
    }
  }
  return refused === undefined ? {} : { refused };
}

function mayRun(activeState: string | undefined): boolean {
  return activeState !== undefined && activeState !== 'inactive' && activeState !== 'failed';
}

/** Which checks doctor makes: of the machine always, of the parts through the agent that runs, else directly. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { InputConfig } from '../config/inputs-section.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { OutputConfig } from '../config/schema.ts';
import { isExpected, sentence } from '../errors.ts';
import { inspectLine, type LineReport } from '../flow/act/open-switch.ts';
import { chooseSource } from '../flow/capture/auto.ts';
import { noCamera } from '../flow/capture/create-camera.ts';
import { systemRoots } from '../flow/capture/machine.ts';
import { probeCameras } from '../flow/capture/probe-cameras.ts';
import { createDeviceMeter } from '../system/measure/device-meter.ts';
import { deviceTelemetrySchema } from '../system/measure/telemetry.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { brokerFinding, checkBroker } from './broker.ts';
import { type CameraFacts, cameraFindings, checkCamera } from './cameras.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { type Finding, fail } from './finding.ts';
import { frameFindings } from './frame-facts.ts';
import { boardName, clockFacts, diskFacts, supplyMilliamperes, usbLimitFacts } from './host-facts.ts';
import { edgetpuFindings, modelFindings, runtimeFacts } from './inference-facts.ts';
import { checkInput, inputFindings } from './inputs.ts';
import { labelFindings } from './labels.ts';
import { checkRuntime, engineFindings } from './models.ts';
import { checkOutput, outputFindings } from './outputs.ts';
import { checkPage, networkAddresses } from './page.ts';
import { checkPower } from './power.ts';
import type { RootFacts } from './root-facts.ts';
import type { Check } from './run-checks.ts';
import { tryBroker } from './try-broker.ts';

export interface Patient {
  readonly loaded: LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly asked?: RootFacts;
  /** Absent: no agent runs, so that the parts may be looked at directly. */
  readonly status?: AgentStatus;
}

/** What is asked of the machine, whether or not an agent runs. */
export function machineChecks({ loaded: { places }, status }: Patient): Check[] {
  return [
    { part: 'power', run: () => power(places.stateDir, status) },
    { part: 'disk', run: async () => [checkDisk(await diskFacts(places.stateDir, status === undefined))] },
    { part: 'clock', run: async () => [checkClock(await clockFacts(join(places.root, 'package.json')))] },
  ];
}

/** What the running agent says of its parts: nothing is opened. */
export function agentChecks({ loaded, status }: Patient & { readonly status: AgentStatus }): Check[] {
  const { config } = loaded;
  return [
    { part: 'cameras', run: async () => cameraFindings(status) },
    { part: 'edge tpu', run: () => edgetpuFindings(loaded, status) },
    { part: 'tensorflow lite', run: async () => [checkRuntime(await runtimeFacts(loaded))] },
    { part: 'models', run: async () => engineFindings(status) },
    { part: 'labels', run: () => labelFindings(loaded) },
    { part: 'broker', run: async () => [brokerFinding(status, config.mqtt)] },
    { part: 'outputs', run: async () => outputFindings(status) },
    { part: 'inputs', run: async () => inputFindings(status) },
    {
      part: 'page',
      run: async () => [checkPage({ config: config.web, part: status.health['page'], addresses: networkAddresses() })],
    },
  ];
}

/** The parts themselves, while no agent runs. */
export function directChecks({ loaded, env, asked = {} }: Patient): Check[] {
  const { config } = loaded;
  return [
    { part: 'cameras', run: () => cameras(loaded, env, asked) },
    { part: 'edge tpu', run: () => edgetpuFindings(loaded) },
    { part: 'tensorflow lite', run: async () => [checkRuntime(await runtimeFacts(loaded))] },
    // One after the other: each measures.
    { part: 'models', run: async () => [...(await modelFindings(loaded)), ...(await frameFindings(loaded, env))] },
    { part: 'labels', run: () => labelFindings(loaded) },
    { part: 'broker', run: () => broker(loaded, env, asked) },
    {
      part: 'outputs',
      run: async () => Object.entries(config.outputs).map(([name, output]) => checkOutput({ name, ...lookAt(output) })),
    },
    {
      part: 'inputs',
      run: async () => Object.entries(config.inputs).map(([name, input]) => checkInput({ name, ...lookAt(input) })),
    },
    { part: 'page', run: async () => [checkPage({ config: config.web, addresses: networkAddresses() })] },
  ];
}

async function power(stateDir: string, status: AgentStatus | undefined): Promise<Finding[]> {
  const told = status === undefined ? undefined : deviceTelemetrySchema.safeParse(status.telemetry);
  const telemetry = told?.success === true ? told.data : await createDeviceMeter({ stateDir }).read();
  const board = await boardName();
  const milliamperes = await supplyMilliamperes();
  const usbLimit = await usbLimitFacts();
  return checkPower({
    telemetry,
    ...(board === undefined ? {} : { board }),
    ...(milliamperes === undefined ? {} : { supplyMilliamperes: milliamperes }),
    ...usbLimit,
  });
}

async function cameras(
  { config, places }: LoadedConfig,
  env: NodeJS.ProcessEnv,
  { holders }: RootFacts,
): Promise<Finding[]> {
  const probed = await probeCameras({ env });
  const probe = { ...probed, holders: holders ?? probed.holders };
  const findings: Finding[] = [];
  for (const [name, { source }] of Object.entries(config.cameras)) {
    const choice =
      source.type === 'auto' ? await chooseSource({ env, roots: systemRoots }, places.photos) : { source, reason: '' };
    // Only npm start in a checkout replays the sample photos; a service tells that there is no camera.
    if (source.type === 'auto' && choice.source.type === 'folder' && !places.stateDir.startsWith(places.root)) {
      findings.push(fail(`camera ${name}`, noCamera(choice).message));
      continue;
    }
    const photos = choice.source.type === 'folder' ? await photosIn(choice.source.path) : undefined;
    const facts: CameraFacts = {
      name,
      source: choice.source,
      probe,
      ...(choice.reason === '' ? {} : { chosen: choice.reason }),
      ...(photos === undefined ? {} : { photos }),
    };
    findings.push(checkCamera(facts));
  }
  return findings;
}

/** Number of JPEG files; undefined when there is no such folder. */
async function photosIn(folder: string): Promise<number | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  return names?.filter((name) => /\.jpe?g$/i.test(name)).length;
}

async function broker(
  { config: { mqtt } }: LoadedConfig,
  env: NodeJS.ProcessEnv,
  { storedPassword }: RootFacts,
): Promise<Finding[]> {
  const isRemote = mqtt.broker !== 'embedded' && mqtt.broker !== 'off';
  return [isRemote ? checkBroker(mqtt, await tryBroker({ config: mqtt, env, storedPassword })) : checkBroker(mqtt)];
}

type Line = Pick<OutputConfig | InputConfig, 'adapter' | 'line' | 'activeLow'>;

function lookAt({ adapter, line, activeLow }: Line): { report?: LineReport; problem?: string } {
  try {
    return { report: inspectLine({ adapter, line, activeLow }) };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { problem: sentence(error) };
  }
}

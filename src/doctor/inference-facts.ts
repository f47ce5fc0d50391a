/** Facts about inference: Edge TPUs with their nodes, the native libraries, and one golden inference of each model. */
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { InferConfig } from '../config/schema.ts';
import { isExpected, sentence } from '../errors.ts';
import { findEdgetpuDevices } from '../flow/infer/edgetpu-device.ts';
import type { Engine } from '../flow/infer/engine.ts';
import { goldenInputs } from '../flow/infer/golden.ts';
import { hasEdgetpu, openEngine, runtimeLibrary } from '../flow/infer/open-engine.ts';
import { usualMost } from '../flow/inference-budget.ts';
import { takesRegions } from '../flow/model-runner.ts';
import { silentLogger } from '../logger.ts';
import { loadCatalog } from '../models/catalog.ts';
import { runtimeDifference } from '../models/essentials.ts';
import type { ModelPair } from '../models/model-file.ts';
import { resolveModel } from '../models/resolve.ts';
import { fingerprintOf } from '../system/files/integrity.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { checkCoralDriver } from './coral-driver.ts';
import { coralDriverFacts } from './coral-driver-facts.ts';
import { checkEdgetpu, checkInference, type EdgetpuDevice, type EdgetpuFacts } from './edgetpu.ts';
import type { Finding } from './finding.ts';
import { exists } from './host-facts.ts';
import { checkLibraryPair, edgetpuPackageOf } from './library-pair.ts';
import { checkModel, type GoldenOutcome, type ModelFacts, type RuntimeFacts } from './models.ts';
import { probeLibrary } from './probe-library.ts';

/** @param agentPid of the running agent, whose worker may have the library loaded */
export async function edgetpuFacts(
  { edgetpu, edgetpuLibrary }: InferConfig,
  root = '/',
  agentPid?: number,
): Promise<EdgetpuFacts> {
  const devices: EdgetpuDevice[] = [];
  for (const { kind, name } of findEdgetpuDevices(root)) {
    const node = kind === 'pcie' ? name : await usbNode(name, root);
    devices.push({ place: node === name ? name : `${name} (${node ?? 'USB'})`, ...(await accessTo(node, root)) });
  }
  const loaded = agentPid === undefined ? undefined : await loadedLibrary(agentPid, root);
  const library = loaded ?? edgetpuLibrary ?? 'libedgetpu.so.1';
  const probe = await probeLibrary(library, 'edgetpu_version');
  const facts = { wanted: edgetpu === 'auto', devices };
  if ('path' in probe) return { ...facts, library: probe.path, libraryVersion: probe.version };
  // The linker's words for a library that simply isn't installed.
  const isMissing = library === 'libedgetpu.so.1' && /cannot open shared object file/.test(probe.problem);
  return isMissing ? facts : { ...facts, library, libraryProblem: probe.problem };
}

/** The whole examination of what an Edge TPU needs. @param status of the running agent */
export async function edgetpuFindings(loaded: LoadedConfig, status?: AgentStatus): Promise<Finding[]> {
  const { infer } = loaded.config;
  const facts = await edgetpuFacts(infer, '/', status?.pid);
  const dpkg = await readFile('/var/lib/dpkg/status', 'utf8').catch(() => '');
  // A library that the configuration names is of no package.
  const edgetpuPackage = infer.edgetpuLibrary === undefined ? edgetpuPackageOf(dpkg) : undefined;
  const { version } = edgetpuPackage === undefined ? {} : await runtimeFacts(loaded);
  const answers = status?.engine.backend === 'edgetpu';
  const driver = checkCoralDriver(await coralDriverFacts());
  const pair = checkLibraryPair({
    answers,
    ...(edgetpuPackage === undefined ? {} : { edgetpuPackage }),
    ...(version === undefined ? {} : { tensorflow: version }),
  });
  // A Coral whose driver doesn't run has no device that could be found.
  const isHidden = driver?.level === 'fail' && facts.devices.length === 0;
  return [isHidden ? undefined : checkEdgetpu(facts, status), driver, pair].filter((finding) => finding !== undefined);
}

/** Path of the libedgetpu in the memory of a child of `pid`; only root and the child's own user may look. */
async function loadedLibrary(pid: number, root: string): Promise<string | undefined> {
  const read = (...path: string[]) => readFile(join(root, 'proc', ...path), 'utf8').catch(() => '');
  const children = (await read(`${pid}`, 'task', `${pid}`, 'children'))
    .split(' ')
    .filter((child) => child.trim() !== '');
  for (const child of children) {
    const path = /(\/\S*\/libedgetpu[^/\s]*)$/m.exec(await read(child.trim(), 'maps'))?.[1];
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The device file of a USB device by its ids. */
async function usbNode(id: string, root: string): Promise<string | undefined> {
  const folder = join(root, 'sys/bus/usb/devices');
  for (const name of await readdir(folder).catch(() => [])) {
    const value = (file: string) =>
      readFile(join(folder, name, file), 'utf8').then(
        (text) => text.trim(),
        () => '',
      );
    if (`${await value('idVendor')}:${await value('idProduct')}` !== id) continue;
    const [bus, device] = [await value('busnum'), await value('devnum')];
    return `/dev/bus/usb/${bus.padStart(3, '0')}/${device.padStart(3, '0')}`;
  }
  return undefined;
}

async function accessTo(node: string | undefined, root: string): Promise<{ accessible?: boolean }> {
  if (node === undefined) return {};
  const accessible = await access(join(root, node), constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return { accessible };
}

const xnnpackFunction = 'TfLiteXNNPackDelegateCreate';

export async function runtimeFacts(loaded: LoadedConfig): Promise<RuntimeFacts> {
  const { config, places } = loaded;
  const configured = config.infer.library !== undefined;
  const path = runtimeLibrary(loaded);
  const facts = { path, configured, there: await exists(path) };
  if (!facts.there) return facts;
  const difference = configured ? undefined : await runtimeDifference(places, loadCatalog(places.root));
  if (difference !== undefined) return { ...facts, problem: difference };
  const probe = await probeLibrary(path, 'TfLiteVersion', { others: [xnnpackFunction] });
  return 'path' in probe
    ? { ...facts, version: probe.version, xnnpack: probe.has.includes(xnnpackFunction) }
    : { ...facts, problem: `can't be loaded: ${probe.problem}` };
}

/** Every model that a camera names, each with one inference through a worker of its own. */
export async function modelFindings(loaded: LoadedConfig): Promise<Finding[]> {
  const { config, places } = loaded;
  const names = [...new Set(Object.values(config.cameras).map(({ model }) => model))];
  const edgetpu = hasEdgetpu(config.infer);
  const engine = openEngine(loaded, silentLogger);
  try {
    const findings: Finding[] = [];
    const goldens: GoldenOutcome[] = [];
    for (const name of names) {
      try {
        const { pair, decoder } = await resolveModel({ name, config: config.models, places, edgetpu });
        const regions = takesRegions(decoder) ? regionsOf(config, name) : undefined;
        const { finding, outcome } = await modelFinding({ name, pair, engine, edgetpu, regions });
        findings.push(finding);
        if (outcome !== undefined) goldens.push(outcome);
      } catch (error) {
        if (!isExpected(error)) throw error;
        findings.push(checkModel({ name, problem: sentence(error), files: [] }));
      }
    }
    return edgetpu ? [...findings, checkInference(goldens)] : findings;
  } finally {
    await engine.stop();
  }
}

/** Who looks at parts of frames with this model. */
function regionsOf({ cameras, infer }: LoadedConfig['config'], model: string): ModelFacts['regions'] {
  const looking = Object.values(cameras).filter((one) => one.model === model && one.regions.mode === 'auto');
  if (looking.length === 0) return undefined;
  const usual = usualMost[hasEdgetpu(infer) ? 'edgetpu' : 'cpu'];
  const most = Math.max(...looking.map(({ regions }) => regions.maxInferencesPerFrame ?? usual));
  return { cameras: Object.keys(cameras).length, most };
}

interface LoadedModelFacts {
  readonly name: string;
  readonly pair: ModelPair;
  readonly engine: Engine;
  /** Whether there is an Edge TPU to be used. */
  readonly edgetpu: boolean;
  readonly regions: ModelFacts['regions'];
}

async function modelFinding(model: LoadedModelFacts): Promise<{ finding: Finding; outcome?: GoldenOutcome }> {
  const { name, pair, regions } = model;
  const files = await Promise.all(
    [pair.cpu, pair.edgetpu]
      .filter((file) => file !== undefined)
      .map(async ({ path, sha256 }) => ({
        path,
        expectedSha256: sha256,
        ...(await fingerprintOf(path).then(
          (found) => ({ sha256: found.sha256 }),
          () => ({}),
        )),
      })),
  );
  const facts = { name: name === pair.name ? name : `${name} (${pair.name})`, files };
  if (files.some((file) => !('sha256' in file) || file.sha256 !== file.expectedSha256))
    return { finding: checkModel(facts) };
  const outcome = await golden(model);
  return { finding: checkModel({ ...facts, golden: outcome, regions }), outcome };
}

async function golden({ name, pair, engine, edgetpu }: LoadedModelFacts): Promise<GoldenOutcome> {
  try {
    const loaded = await engine.load(pair);
    const { invokeMs, model } = await engine.infer(pair.name, goldenInputs(loaded, pair));
    const { backend, threads } = model;
    const answered = { kind: 'answered', backend, invokeMs, ...(threads === undefined ? {} : { threads }) } as const;
    if (!edgetpu || model.backend === 'edgetpu') return answered;
    const untwinned = `It has no file for the Edge TPU.${name === 'default' ? ' Fetch a pair: goby models pull default' : ''}`;
    return {
      ...answered,
      passedOver: pair.edgetpu === undefined ? untwinned : `Not on the Edge TPU: ${engine.status.detail}`,
    };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { kind: 'failed', problem: sentence(error) };
  }
}

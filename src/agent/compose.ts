/**
 * The composition: every part is built from the configuration and given what it needs, in the order in which the parts need each
 * other. Then they are started: sinks first, cameras last. Who hears of another's changes is added in between.
 */
import { join } from 'node:path';
import type { CameraFlow } from '../flow/camera-flow.ts';
import { createCamera } from '../flow/capture/create-camera.ts';
import { createFlows } from '../flow/create-flows.ts';
import { hasEdgetpu, openEngine } from '../flow/infer/open-engine.ts';
import { Notifier } from '../flow/notify/notifier.ts';
import { send } from '../flow/notify/send.ts';
import { reachBroker } from '../flow/publish/broker-address.ts';
import { createSnapshots } from '../flow/snapshot/snapshots.ts';
import { resolveApart } from '../models/apart/read-apart.ts';
import { createDayHistory } from '../system/measure/day-history.ts';
import { createDeviceMeter } from '../system/measure/device-meter.ts';
import { returnFreeMemoryRegularly } from '../system/measure/free-memory.ts';
import { phaseOf, TelemetryTimer } from '../system/measure/telemetry-timer.ts';
import { StatusServer, statusSocketPath } from '../system/service/status-socket.ts';
import { MetricsServer } from '../web/metrics/metrics-server.ts';
import { createAgentComparison } from './comparison/agent-comparison.ts';
import { publishControls } from './controls.ts';
import type { AgentCore } from './core.ts';
import { createAgentHistory } from './history.ts';
import { createAgentHome } from './home-assistant.ts';
import { createAgentInputs } from './inputs.ts';
import { withLog } from './log-lines.ts';
import { measureRow } from './measurements.ts';
import { createAgentMetrics, startMetrics } from './metrics.ts';
import { ModelsInUse } from './model-swap/models-in-use.ts';
import { reportAllLabels } from './model-swap/unknown-labels.ts';
import type { AgentOptions } from './options.ts';
import { createAgentOutbox } from './outbox.ts';
import { createAgentPage } from './page.ts';
import { workerReport } from './part-health.ts';
import { createPerformAction } from './perform-action.ts';
import { createAgentPublisher } from './publisher.ts';
import { agentInfo, agentStatus, agentTelemetry } from './report.ts';
import { agentRequests } from './requests/agent-requests.ts';
import { pageRequests, settingHelp } from './requests/page-requests.ts';
import { agentModels } from './requests/running-models.ts';
import { createRounds, roundMs } from './rounds.ts';
import { warnOfSilentRules } from './rule-warnings.ts';
import { checkLabelChange } from './settings/check-labels.ts';
import { applyLive, liveEffects } from './settings/live-effects.ts';
import { createCameraSetup } from './setup/camera-setup.ts';
import type { StopList } from './stop-list.ts';
import { createAgentTraining } from './training/agent-training.ts';

/**
 * Resolves when everything runs.
 * @param stops takes what ends each part, as soon as it is begun
 * @param signal looked at behind everything that is waited for
 */
export async function composeAgent(
  options: AgentOptions,
  core: AgentCore,
  stops: StopList,
  signal: AbortSignal,
): Promise<void> {
  const { loaded, logger, health, version, threshold, samplePhotos, adapters = {}, logLines, onDetections } = options;
  const { config, places } = loaded;
  const { device, settings, rules, outputs } = core;
  const { controls } = core.controls;

  // What sinks need.
  signal.throwIfAborted();
  const { address, longestPacketBytes, login, broker } = await reachBroker(config, logger.child('broker'));
  stops.add(() => broker?.stop());
  signal.throwIfAborted();
  const snapshots = createSnapshots({
    config: config.snapshots,
    folder: join(places.stateDir, 'snapshots'),
    logger: logger.child('snapshots'),
  });
  const history = createAgentHistory({
    ...{ loaded, rules, logger: logger.child('history') },
    hasPicture: (event) => snapshots.hasPicture(event),
  });
  const metrics = createAgentMetrics();
  const outbox = await createAgentOutbox({
    ...{ loaded, health, logger: logger.child('outbox') },
    watches: [metrics.outboxWatch, ...history.outboxWatches],
  });
  signal.throwIfAborted();

  // What can be asked and reported.
  const { openCamera = createCamera, openEngine: open = openEngine, resolveOwn = resolveApart } = adapters;
  const engine = open(loaded, logger.child('worker'), { cameras: Object.keys(config.cameras).length });
  const edgetpu = hasEdgetpu(config.infer);
  const models = new ModelsInUse({ loaded, engine, edgetpu, resolveOwn, logger: logger.child('models'), health });
  const cameras: CameraFlow[] = []; // until their models are loaded
  const facts = { version, startedAtMs: Date.now(), device, settings, health, cameras, engine, outputs };
  const day = createDayHistory();
  const notifier = new Notifier({
    ...{ recipients: config.notify, deviceName: device.name, send, logger: logger.child('notify') },
    folder: join(places.stateDir, 'notify'),
    picture: (event) => snapshots.picture(event),
  });
  const modelsPort = agentModels(settings, cameras, (swap) => models.use(swap));
  const training = createAgentTraining({
    ...{ loaded, snapshots, models: modelsPort, logger: logger.child('training') },
    frame: (camera) => page.frame(camera),
  });
  const comparison = createAgentComparison({ loaded, models: modelsPort, logger: logger.child('comparison') });
  /** What the page alone may ask. */
  const pageOnly = { ...training.requests, ...comparison.requests };
  const requests = {
    ...agentRequests({ ...options, settings, snapshots, models: modelsPort }),
    ...history.requests,
    ...pageOnly,
    ...pageRequests({
      ...{ settings, notifier, help: settingHelp(places) },
      history: () => day.snapshot(),
      logLines: () => logLines?.last() ?? [],
    }),
  };

  // Sinks, and what they are fed by beside the cameras.
  const home = createAgentHome({
    ...{ loaded, settings, logger, version, device, cameras, controls },
    requests: Object.keys(requests).filter((name) => !Object.hasOwn(pageOnly, name)),
  });
  const publisher = createAgentPublisher({
    ...{ loaded, health, logger, address, longestPacketBytes, login, deviceId: device.id, outbox, home, snapshots },
    handlers: {
      info: () => agentInfo(facts),
      setOutput: (name, on) => outputs.set(name, on),
      setControl: (name, value) => controls.set(name, value, 'MQTT'),
      requests,
    },
  });
  const act = createPerformAction({ outputs, publisher, snapshots, notifier, logger: logger.child('rules') });
  const meter = createDeviceMeter({ stateDir: places.stateDir, workerPids: () => engine.workerPids() });
  const readTelemetry = async () => agentTelemetry(await meter.read(), { ...facts, publisher });
  const telemetry = new TelemetryTimer(readTelemetry, phaseOf(device.id));
  const metricsText = (): Promise<string> =>
    metrics.text({ ...facts, publisher, telemetry: readTelemetry, viewers: () => page.viewers });
  const page = createAgentPage({
    ...{ loaded, health, logger: logger.child('page'), feed: withLog(publisher.feed, logLines), metrics: metricsText },
    picture: (event) => snapshots.picture(event),
    trainingPhoto: (set, className, name) => training.photo(set, className, name),
    setup: createCameraSetup({ settings, openCamera, stateDir: places.stateDir }),
  });
  const metricsServer = new MetricsServer({ listen: config.metrics.listen, metrics: metricsText });
  const status = new StatusServer({
    path: statusSocketPath(config.service, places),
    status: () => agentStatus({ ...facts, telemetry: telemetry.last }),
    logger: logger.child('status'),
  });
  const inputs = createAgentInputs({ config: config.inputs, controls, health, logger });
  stops.add(() => home.stop());
  stops.add(() => publisher.stop());
  stops.add(() => engine.stop());
  stops.add(() => snapshots.stop());
  stops.add(() => history.close());
  stops.add(() => notifier.stop());

  // Listeners: which part hears of changes in which other.
  const modelOf = (camera: string) => models.modelOf(camera);
  const publishInfo = (): void => publisher.info(agentInfo(facts));
  const warnOfRules = (): void => warnOfSilentRules(settings.loaded.config, models.byName, logger.child('rules'));
  const review = (nowMs = performance.now()): void => rules.review(nowMs).forEach(act);
  const replaceRules = (next: typeof config.rules): void => {
    rules.replace(next).forEach(act);
    review();
    warnOfRules();
  };
  const effects = liveEffects({ threshold, cameras, publisher, telemetry, replaceRules });
  home.publishTo(publisher);
  snapshots.onSnapshot((snapshot) => publisher.snapshot(snapshot));
  outputs.onState((name, state) => publisher.output(name, state));
  controls.onChange(() => review());
  publishControls(controls, (reading) => publisher.control(reading));
  health.onChange(() => publisher.health(health.snapshot()));
  engine.onStatus(workerReport(health, logger.child('worker'), config.infer.deadlineMs));
  engine.onStatus(publishInfo);
  models.onSwap(publishInfo);
  telemetry.onReading((reading) => publisher.telemetry(reading));
  telemetry.onReading((reading) => home.telemetry(reading));
  telemetry.onReading((reading) => day.add(Date.now(), measureRow(reading)));
  engine.onStatus((status) => metrics.engineStatus(status));
  settings.addCheck((next, before) => checkLabelChange({ next, before, modelOf }));
  settings.onChange((next, before) => applyLive(effects, next, before));
  settings.onChange((next) => reportAllLabels(next, modelOf, health));
  settings.onChange(publishInfo);
  settings.onChange(() => home.refresh());

  // Sinks first.
  await history.open();
  await training.open();
  stops.add(() => training.stop());
  stops.add(() => comparison.stop());
  signal.throwIfAborted();
  publisher.start();
  await notifier.start();
  await page.start();
  stops.add(() => page.stop());
  await startMetrics(metricsServer, logger.child('metrics'));
  stops.add(() => metricsServer.stop());
  signal.throwIfAborted();
  outputs.start();
  stops.add(() => outputs.stop());
  inputs.start();
  stops.add(() => inputs.stop());

  // Cameras last.
  const console = onDetections === undefined ? [] : [{ detections: onDetections }];
  const sinks = [...console, metrics.sink, ...history.sinks, ...page.sinks, publisher];
  const parts = { loaded, models, openCamera, samplePhotos, engine, rules, act, snapshots, sinks, health, logger };
  cameras.push(...(await createFlows(parts, signal)));
  models.start();
  stops.add(() => models.stop());
  warnOfRules();
  home.putRight();
  await status.start();
  stops.add(() => status.stop());
  signal.throwIfAborted();
  await outbox.resume(publisher);
  signal.throwIfAborted();
  publishInfo();
  logger.info(`goby ${version} watches as ${device.id}: ${cameras.map(({ name }) => name).join(', ')}`);
  for (const camera of cameras) camera.start();
  stops.add(() => Promise.all(cameras.map((camera) => camera.stop())));

  // What is due without a new frame.
  const round = createRounds({ cameras, settings, engine, health, outputs, review });
  const timer = setInterval(() => round(performance.now()), roundMs);
  stops.add(() => clearInterval(timer));
  stops.add(returnFreeMemoryRegularly());
  telemetry.every(config.publish.telemetryIntervalMs);
  stops.add(() => telemetry.stop());
  settings.begun();
}

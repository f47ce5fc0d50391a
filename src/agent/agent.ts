/** The composition root: builds every part from the configuration, starts sinks first and cameras last, stops in reverse. */
import { join } from 'node:path';
import { type DeviceIdentity, identifyDevice } from '../config/device-id.ts';
import type { Config } from '../config/schema.ts';
import { createOutputs, type Outputs } from '../flow/act/outputs.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import { createFlows } from '../flow/create-flows.ts';
import { createRules } from '../flow/decide/rules.ts';
import { type CountedInference, countInferences } from '../flow/infer/counted-inference.ts';
import { findEdgetpuDevices } from '../flow/infer/edgetpu-device.ts';
import { createWorkerEngine } from '../flow/infer/worker-engine.ts';
import { reachBroker } from '../flow/publish/broker-address.ts';
import type { EmbeddedBroker } from '../flow/publish/embedded-broker.ts';
import { withFrigate } from '../flow/publish/frigate/with-frigate.ts';
import { createPublisher, type Publisher } from '../flow/publish/publisher.ts';
import { createSnapshots, type Snapshots } from '../flow/snapshot/snapshots.ts';
import { createDeviceMeter } from '../system/measure/device-meter.ts';
import { phaseOf, TelemetryBeat } from '../system/measure/telemetry-timer.ts';
import { StatusServer } from '../system/service/status-socket.ts';
import { type AgentControls, createAgentControls, tellControls } from './controls.ts';
import { type AgentHome, createAgentHome } from './home-assistant.ts';
import { type AgentInputs, createAgentInputs } from './inputs.ts';
import { ModelsInUse } from './model-swap/models-in-use.ts';
import type { AgentOptions } from './options.ts';
import { createAgentOutbox } from './outbox.ts';
import { brokerReport, outputsReport, workerReport } from './part-health.ts';
import { createActing, takeByRule } from './perform-action.ts';
import { agentInfo, agentStatus, agentTelemetry, type ReportParts } from './report.ts';
import { agentCommands } from './requests/agent-requests.ts';
import { agentModels } from './requests/running-models.ts';
import { warnOfSilentRules } from './rule-warnings.ts';
import { createAgentSettings } from './settings/live-settings.ts';
import type { Settings } from './settings/settings.ts';

/** How often stays may end, blindness is noticed and idle parts count as alive. */
const tickMs = 500;

export class Agent {
  readonly #options: AgentOptions;
  readonly #device: DeviceIdentity;
  readonly #outputs: Outputs;
  readonly #snapshots: Snapshots;
  readonly #controls: AgentControls;
  readonly #settings: Settings;
  readonly #inputs: AgentInputs;
  readonly #flows: CameraFlow[] = [];
  readonly #startedAtMs = Date.now();
  #broker: EmbeddedBroker | undefined;
  #publisher: Publisher | undefined;
  #home: AgentHome | undefined;
  #engine: ReturnType<typeof createWorkerEngine> | undefined;
  #models: ModelsInUse | undefined;
  #statusServer: StatusServer | undefined;
  #telemetry: TelemetryBeat | undefined;
  #timer: NodeJS.Timeout | undefined;
  #counted: CountedInference | undefined;
  #blind = false;
  readonly #rules;
  readonly #act;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { loaded, logger } = options;
    this.#device = identifyDevice(loaded.config.device);
    this.#controls = createAgentControls(loaded, logger.child('controls'));
    this.#rules = createRules(loaded.config.rules, { isArmed: this.#controls.arming.isArmed, wallMs: Date.now });
    this.#snapshots = createSnapshots({
      config: loaded.config.snapshots,
      folder: join(loaded.places.stateDir, 'snapshots'),
      logger: logger.child('snapshots'),
      publish: (snapshot) => this.#publisher?.snapshot(snapshot),
    });
    this.#outputs = createOutputs({
      config: loaded.config.outputs,
      logger: logger.child('outputs'),
      onState: (name, state) => this.#publisher?.output(name, state),
      onStatus: outputsReport(options.health, () => this.#outputs.report()),
      onOverride: (name) => this.#rules.letGo(name),
      onSimulated: (name, on) => options.onSimulatedOutput?.(name, on),
    });
    this.#act = createActing({
      outputs: this.#outputs,
      alert: (action) => this.#publisher?.alert(action),
      snapshot: takeByRule(this.#snapshots, logger.child('rules')),
    });
    this.#controls.controls.onChange(() => this.#review());
    this.#inputs = createAgentInputs({ ...options, config: loaded.config.inputs, controls: this.#controls.controls });
    this.#settings = createAgentSettings({
      ...options,
      logger: logger.child('settings'),
      controls: this.#controls.controls,
      modelOf: (camera) => this.#models?.modelOf(camera),
      apply: (config, before) => this.#apply(config, before),
      onChange: () => this.#publisher?.info(agentInfo(this.#reportParts())),
    });
  }

  /**
   * Resolves when worker (with its golden inference) and outputs are up; cameras and broker may still be on their way.
   * @throws GobyError when the configuration names a model or place that can't be used
   */
  async start(): Promise<void> {
    const { loaded, logger, health, version } = this.#options;
    const { config, places } = loaded;
    const requests = agentCommands({
      ...this.#options,
      settings: this.#settings,
      snapshots: this.#snapshots,
      models: agentModels(this.#settings, this.#flows, (swap) => this.#models!.use(swap)),
    });
    const home = createAgentHome({
      ...this.#options,
      device: this.#device,
      publisher: () => this.#publisher,
      flows: this.#flows,
      controls: () => this.#controls.controls.list(),
      commands: () => Object.keys(requests),
      telemetry: () => this.#telemetry?.last ?? {},
      config: () => this.#settings.loaded.config,
    });
    this.#home = home;
    const { address, longestPacketBytes, broker } = await reachBroker(config, logger.child('broker'));
    this.#broker = broker;
    const kept = await createAgentOutbox({ loaded, health, logger: logger.child('outbox') });
    const beforeEvent = ({ id }: { id: string }) => this.#snapshots.ready(id);
    const own = createPublisher({
      ...kept.options,
      address,
      longestPacketBytes,
      mqtt: config.mqtt,
      publish: config.publish,
      deviceId: this.#device.id,
      logger: logger.child('mqtt'),
      handlers: {
        info: () => agentInfo(this.#reportParts()),
        setOutput: (name, on) => this.#outputs.set(name, on),
        setControl: (name, value) => this.#controls.controls.set(name, value, 'MQTT'),
        requests,
      },
      beforeEvent,
      listeners: home.listeners,
      onRetain: home.onRetain,
      onStatus: brokerReport(health, logger.child('mqtt')),
    });
    const publisher = withFrigate(own, {
      address,
      longestPacketBytes,
      config,
      deviceId: this.#device.id,
      logger,
      beforeEvent,
    });
    this.#publisher = publisher;
    health.onChange(() => publisher.health(health.snapshot()));
    tellControls(this.#controls.controls, (reading) => publisher.control(reading));
    publisher.start();
    this.#outputs.start();
    this.#inputs.start();
    await this.#startFlows();
    home.putRight();
    const meter = createDeviceMeter({ stateDir: places.stateDir, workerPids: () => this.#engine?.workerPids() ?? [] });
    this.#telemetry = new TelemetryBeat(
      async () => agentTelemetry(await meter.read(), this.#reportParts()),
      (telemetry) => {
        publisher.telemetry(telemetry);
        home.refresh();
      },
      phaseOf(this.#device.id),
    );
    this.#statusServer = new StatusServer({
      path: config.service.statusSocket ?? join(places.runtimeDir, 'status.sock'),
      status: () => agentStatus(this.#reportParts()),
      logger: logger.child('status'),
    });
    await this.#statusServer.start();
    await kept.resume(publisher);

    publisher.info(agentInfo(this.#reportParts()));
    logger.info(`goby ${version} watches as ${this.#device.id}: ${this.#flows.map(({ name }) => name).join(', ')}`);
    for (const flow of this.#flows) flow.start();
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#telemetry.every(config.publish.telemetryIntervalMs);
    this.#settings.begun();
  }

  /** Cameras first, then what they feed. Outputs reach their safe state before the broker session ends, so that it is told. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#telemetry?.stop();
    this.#inputs.stop();
    this.#models?.stop();
    await Promise.all(this.#flows.map((flow) => flow.stop()));
    this.#outputs.stop();
    await this.#snapshots.stop();
    await this.#controls.stored.flush();
    await this.#settings.settled();
    await this.#engine?.stop();
    await this.#statusServer?.stop();
    await this.#publisher?.stop();
    await this.#home?.stop();
    await this.#broker?.stop();
  }

  /** Puts the outputs in their safe state at once; for ends that aren't orderly. */
  makeSafe(): void {
    this.#outputs.stop();
  }

  async #startFlows(): Promise<void> {
    const { loaded, logger, health, samplePhotos } = this.#options;
    const { config, places } = loaded;
    const edgetpu = config.infer.edgetpu === 'auto' && findEdgetpuDevices().length > 0;
    const engine = createWorkerEngine({
      config: config.infer,
      library: config.infer.library ?? places.runtimeLibrary,
      logger: logger.child('worker'),
      cameras: Object.keys(config.cameras).length,
    });
    this.#engine = engine;
    engine.onStatus(workerReport(health, logger.child('worker'), config.infer.deadlineMs));
    const counted = countInferences(engine);
    this.#counted = counted;
    const tellInfo = (): void => this.#publisher?.info(agentInfo(this.#reportParts()));
    engine.onStatus(tellInfo);
    const models = new ModelsInUse({
      loaded,
      engine: counted,
      edgetpu,
      logger: logger.child('models'),
      health,
      onSwap: tellInfo,
    });
    this.#models = models;
    const flows = await createFlows({
      loaded,
      models,
      engine: counted,
      samplePhotos,
      rules: this.#rules,
      act: this.#act,
      look: (...seen) => this.#snapshots.look(...seen),
      publish: {
        detections: (seen) => {
          this.#options.onDetections?.(seen);
          this.#publisher!.detections(seen);
        },
        event: (event) => {
          this.#snapshots.announce(event);
          this.#publisher!.event(event);
        },
        presence: (presence) => this.#publisher!.presence(presence),
      },
      health,
      logger,
    });
    this.#flows.push(...flows);
    models.start();
    warnOfSilentRules(config, models.byName, logger.child('rules'));
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const flow of this.#flows) flow.tick(nowMs);
    this.#review(nowMs);
    this.#settings.tick();
    if (this.#counted?.isIdle) this.#options.health.progress('worker');
    const blind = this.#flows.every((flow) => flow.isBlind(nowMs));
    if (blind && !this.#blind) this.#outputs.safe('detections stopped');
    this.#blind = blind;
  }

  /** What of the configuration takes effect at once. A log level that was set for now stays, unless the configured one changes. */
  #apply(config: Config, before: Config): void {
    const { log, rules, publish, cameras } = config;
    if (log.level !== before.log.level) this.#options.threshold.level = log.level;
    for (const action of this.#rules.replace(rules)) this.#act(action);
    this.#review();
    if (JSON.stringify(rules) !== JSON.stringify(before.rules)) {
      warnOfSilentRules(config, this.#models?.byName ?? new Map(), this.#options.logger.child('rules'));
    }
    this.#publisher?.reconfigure(publish);
    for (const flow of this.#flows) flow.reconfigure(cameras[flow.name]!);
    this.#telemetry?.every(publish.telemetryIntervalMs);
    this.#home?.refresh();
  }

  /** Rules also wait for time to pass and for controls. */
  #review(nowMs = performance.now()): void {
    for (const action of this.#rules.review(nowMs)) this.#act(action);
  }

  #reportParts(): ReportParts {
    const { version, health } = this.#options;
    return {
      version,
      startedAtMs: this.#startedAtMs,
      loaded: this.#settings.loaded,
      restartRequired: this.#settings.restartKeys.length > 0,
      device: this.#device,
      health,
      flows: this.#flows,
      engine: this.#engine,
      outputs: this.#outputs,
      publisher: this.#publisher,
      telemetry: this.#telemetry?.last ?? {},
    };
  }
}

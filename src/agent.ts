/** The composition root: builds every part from the configuration, starts sinks first and cameras last, stops in reverse. */
import { join } from 'node:path';
import { createOutputs, type Outputs } from './act/outputs.ts';
import { createActing, takeByRule } from './acting.ts';
import { type AgentControls, createAgentControls } from './agent-controls.ts';
import { type AgentHome, createAgentHome } from './agent-home.ts';
import { agentInfo, agentStatus, agentTelemetry, type ReportParts } from './agent-report.ts';
import { CameraFlow } from './camera-flow.ts';
import { createCamera } from './capture/create-camera.ts';
import { identifyDevice } from './config/device-id.ts';
import type { LoadedConfig } from './config/load.ts';
import { scoreMarks } from './decide/rule-sense.ts';
import { createRules } from './decide/rules.ts';
import { findEdgetpuDevices } from './infer/edgetpu-device.ts';
import { createWorkerEngine } from './infer/worker-engine.ts';
import type { Detections } from './interpret/detection.ts';
import type { Logger } from './logger.ts';
import { createDeviceMeter, type DeviceMeter } from './measure/device-meter.ts';
import { type ModelEngine, ModelsInUse } from './models-in-use.ts';
import { brokerReport, outputsReport, workerReport } from './part-reports.ts';
import { reachBroker } from './publish/broker-address.ts';
import type { EmbeddedBroker } from './publish/embedded-broker.ts';
import { createPublisher, type Publisher } from './publish/publisher.ts';
import { warnOfSilentRules } from './rule-warnings.ts';
import type { Health } from './service/health.ts';
import { StatusServer } from './service/status-socket.ts';
import { createSnapshots, type Snapshots } from './snapshot/snapshots.ts';
import { createEventIds } from './track/event-ids.ts';
import { createPresenceTracker } from './track/presence-tracker.ts';

export interface AgentOptions {
  readonly loaded: LoadedConfig;
  readonly version: string;
  readonly logger: Logger;
  readonly health: Health;
  /** Whether source auto may replay the sample photos where no camera is found. Never for a service: a photo is no visitor. */
  readonly samplePhotos: boolean;
  /** Called for every inference and every change of a simulated output, for people who watch. */
  onDetections?(seen: Detections): void;
  onSimulatedOutput?(name: string, on: boolean): void;
}

/** How often stays may end, blindness is noticed and idle parts count as alive. */
const tickMs = 500;

export class Agent {
  readonly #options: AgentOptions;
  readonly #outputs: Outputs;
  readonly #snapshots: Snapshots;
  readonly #controls: AgentControls;
  readonly #flows: CameraFlow[] = [];
  readonly #startedAtMs = Date.now();
  #broker: EmbeddedBroker | undefined;
  #publisher: Publisher | undefined;
  #home: AgentHome | undefined;
  #engine: ReturnType<typeof createWorkerEngine> | undefined;
  #statusServer: StatusServer | undefined;
  #meter: DeviceMeter | undefined;
  #telemetry: Record<string, unknown> = {};
  #timers: NodeJS.Timeout[] = [];
  #inFlight = 0;
  #blind = false;
  readonly #rules;
  readonly #act;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { loaded, logger } = options;
    this.#controls = createAgentControls({
      config: loaded.config,
      stateDir: loaded.places.stateDir,
      logger: logger.child('controls'),
    });
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
  }

  /**
   * Resolves when worker (with its golden inference) and outputs are up; cameras and broker may still be on their way.
   * @throws GobyError when the configuration names a model or place that can't be used
   */
  async start(): Promise<void> {
    const { loaded, logger, health, version } = this.#options;
    const { config, places } = loaded;
    const device = identifyDevice(config.device);

    const home = createAgentHome({
      config,
      device,
      version,
      stateDir: places.stateDir,
      logger: logger.child('mqtt'),
      publisher: () => this.#publisher,
      flows: this.#flows,
      controls: () => this.#controls.controls.list(),
      commands: () => [],
      telemetry: () => this.#telemetry,
    });
    this.#home = home;
    const { address, broker } = await reachBroker(config, logger.child('broker'));
    this.#broker = broker;
    this.#publisher = createPublisher({
      address,
      mqtt: config.mqtt,
      publish: config.publish,
      deviceId: device.id,
      logger: logger.child('mqtt'),
      handlers: {
        info: () => agentInfo(this.#reportParts(device)),
        setOutput: (name, on) => this.#outputs.set(name, on),
        setControl: (name, value) => this.#controls.controls.set(name, value, 'MQTT'),
      },
      beforeEvent: ({ id }) => this.#snapshots.ready(id),
      listeners: home.listeners,
      onRetain: home.onRetain,
      onStatus: brokerReport(health, logger.child('mqtt')),
    });
    const publisher = this.#publisher;
    health.onChange(() => publisher.health(health.snapshot()));
    for (const reading of this.#controls.controls.list()) publisher.control(reading);
    this.#controls.controls.onChange((reading) => publisher.control(reading));
    publisher.start();
    this.#outputs.start();

    await this.#startFlows();
    home.putRight();
    this.#meter = createDeviceMeter({
      stateDir: places.stateDir,
      workerPids: () => this.#engine?.workerPids() ?? [],
    });
    this.#statusServer = new StatusServer({
      path: config.service.statusSocket ?? join(places.runtimeDir, 'status.sock'),
      status: () => agentStatus(this.#reportParts(device)),
      logger: logger.child('status'),
    });
    await this.#statusServer.start();

    publisher.info(agentInfo(this.#reportParts(device)));
    logger.info(`goby ${version} watches as ${device.id}: ${this.#flows.map(({ name }) => name).join(', ')}`);
    for (const flow of this.#flows) flow.start();
    this.#every(tickMs, () => this.#tick());
    this.#every(config.publish.telemetryIntervalMs, () => void this.#measure(device));
    void this.#measure(device);
  }

  /** Cameras first, then what they feed. Outputs reach their safe state before the broker session ends, so that it is told. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#flows.map((flow) => flow.stop()));
    this.#outputs.stop();
    await this.#snapshots.stop();
    await this.#controls.stored.flush();
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
    });
    this.#engine = engine;
    engine.onStatus(workerReport(health, logger.child('worker'), config.infer.deadlineMs));
    engine.onStatus(() => this.#publisher?.info(agentInfo(this.#reportParts(identifyDevice(config.device)))));
    const newId = createEventIds();
    const counted: ModelEngine = {
      load: (pair) => engine.load(pair),
      infer: (...request) => this.#counted(() => engine.infer(...request)),
    };
    const models = new ModelsInUse({ loaded, engine: counted, edgetpu });
    for (const [name, camera] of Object.entries(config.cameras)) {
      this.#flows.push(
        new CameraFlow({
          name,
          config: camera,
          ...(await models.forCamera(name, camera)),
          engine: counted,
          camera: createCamera({
            name,
            config: camera,
            photos: samplePhotos ? places.photos : undefined,
            logger: logger.child(name),
          }),
          tracker: createPresenceTracker({
            camera: name,
            labels: camera.labels,
            minScore: camera.minScore,
            holdMs: camera.holdMs,
            scoreMarks: scoreMarks(config.rules, name),
            newId,
          }),
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
          logger: logger.child(name),
        }),
      );
    }
    warnOfSilentRules(config, models.byName, logger.child('rules'));
  }

  async #counted<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
    }
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const flow of this.#flows) flow.tick(nowMs);
    this.#review(nowMs);
    // A worker that nobody asks owes nothing.
    if (this.#inFlight === 0) this.#options.health.progress('worker');
    const blind = this.#flows.every((flow) => flow.isBlind(nowMs));
    if (blind && !this.#blind) this.#outputs.safe('detections stopped');
    this.#blind = blind;
  }

  /** Rules also wait for time to pass and for controls. */
  #review(nowMs = performance.now()): void {
    for (const action of this.#rules.review(nowMs)) this.#act(action);
  }

  async #measure(device: { id: string; name: string }): Promise<void> {
    const reading = await this.#meter!.read();
    this.#telemetry = agentTelemetry(reading, this.#reportParts(device));
    this.#publisher?.telemetry(this.#telemetry);
    this.#home?.refresh();
  }

  #reportParts(device: { id: string; name: string }): ReportParts {
    const { loaded, version, health } = this.#options;
    return {
      version,
      startedAtMs: this.#startedAtMs,
      loaded,
      device,
      health,
      flows: this.#flows,
      engine: this.#engine,
      outputs: this.#outputs,
      publisher: this.#publisher,
      telemetry: this.#telemetry,
    };
  }

  #every(intervalMs: number, work: () => void): void {
    this.#timers.push(setInterval(work, intervalMs));
  }
}

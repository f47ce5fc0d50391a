/** `goby run`: the agent, until a signal ends it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { Agent } from '../agent/agent.ts';
import { LogLines } from '../agent/log-lines.ts';
import { startOnOverrides, undoFailedStart } from '../agent/settings/start-on-overrides.ts';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import type { LoadedConfig } from '../config/load.ts';
import { exitCode, isExpected, sentence } from '../errors.ts';
import type { Detections } from '../flow/interpret/detection.ts';
import { createLogger, type LogFormat, type Logger, type LogThreshold } from '../logger.ts';
import { claimFolder } from '../system/files/claim-folder.ts';
import { StateFile } from '../system/files/state-file.ts';
import { Health } from '../system/service/health.ts';
import { openJournal } from '../system/service/journal.ts';
import { takeNotifier } from '../system/service/notify.ts';
import { createRelaunch } from '../system/service/relaunch.ts';
import { installShutdown } from '../system/service/shutdown.ts';
import { removeStaleSocket, statusSocketPath } from '../system/service/status-socket.ts';
import { Watchdog } from '../system/service/watchdog.ts';

interface RunOptions extends ConfigOptions {
  readonly samplePhotos?: boolean;
}

export function runCommand(): Command {
  return addConfigOptions(new Command('run'))
    .description('run the agent: watch, publish, switch')
    .option('--sample-photos', 'replay the sample photos where source auto finds no camera')
    .addHelpText(
      'after',
      '\nExamples:\n  goby run --config /etc/goby/goby.yaml\n  goby run --sample-photos --set mqtt.embedded.port=1884\n\nExit code: 0 after SIGTERM or Ctrl-C, 78 when the configuration can not be used, 69 when something it needs is not there.',
    )
    .action((options: RunOptions) => run(options));
}

async function run(options: RunOptions): Promise<void> {
  const found = configFrom(options);
  const threshold: LogThreshold = { level: found.config.log.level };
  const logLines = new LogLines();
  const logger = loggerFor(found, threshold, logLines);
  const relaunch = createRelaunch(process.env);
  // First of all: a second one must not take the outbox, the outputs and the session of the first.
  claimFolder(found.places.stateDir);
  await removeStaleSocket(statusSocketPath(found.config.service, found.places));
  const notifier = takeNotifier(process.env, (error) => logger.warn(`systemd can't be told: ${sentence(error)}`));
  const ending = new AbortController();
  let startsAnew = false;
  // No await from here to the try below: a signal that comes meanwhile is handled when the agent is there.
  const shutdown = installShutdown({
    stop: async (reason) => {
      notifier.stopping(`stopping: ${reason}`);
      ending.abort(new Error(`stopping: ${reason}`));
      watchdog.stop();
      await agent.stop();
    },
    makeSafe: () => agent.makeSafe(),
    logger,
    exit: (code) => (startsAnew && code === exitCode.ok ? relaunch() : process.exit(code)),
  });
  const overrides = { file: new StateFile(found.overrides.file), logger: logger.child('settings') };
  const { loaded, written } = startOnOverrides({ loaded: found, ...overrides });
  const { config, places } = loaded;
  threshold.level = config.log.level;
  const { version } = JSON.parse(readFileSync(join(places.root, 'package.json'), 'utf8')) as { version: string };
  const health = new Health();
  const watchers = logFormat(config.log.format) === 'text' ? watchingPerson(logger) : {};
  const agent = new Agent({
    loaded,
    overridesFile: overrides.file,
    version,
    logger,
    health,
    threshold,
    logLines,
    samplePhotos: options.samplePhotos ?? false,
    restart: (reason) => {
      startsAnew = true;
      shutdown.request(`restart: ${reason}`);
    },
    ...watchers,
  });
  const watchdog = new Watchdog({ notifier, health, logger: logger.child('watchdog') });
  try {
    await written;
    await agent.start(ending.signal);
  } catch (error) {
    if (ending.signal.aborted && error === ending.signal.reason) return;
    await agent.stop({ failed: true }).catch(() => agent.makeSafe());
    // A change that came over MQTT must not keep goby from starting: it tries once more without it.
    if (!isExpected(error) || !(await undoFailedStart({ loaded, ...overrides }, error))) throw error;
    notifier.stopping('starting anew without the changed settings');
    relaunch();
  }
  notifier.ready(`watching ${Object.keys(config.cameras).join(', ')}`);
  watchdog.start();
}

function loggerFor({ config }: LoadedConfig, threshold: LogThreshold, logLines: LogLines): Logger {
  return createLogger({
    part: 'goby',
    threshold,
    format: logFormat(config.log.format),
    write: (line) => process.stdout.write(`${line}\n`),
    readAlong: (line) => logLines.add(line),
    journal: openJournal({ cameras: Object.keys(config.cameras), outputs: Object.keys(config.outputs) }),
  });
}

/** Under systemd stdout leads to the journal: sd-daemon(3) sets JOURNAL_STREAM. */
function logFormat(format: 'auto' | LogFormat): LogFormat {
  return format === 'auto' ? (process.env['JOURNAL_STREAM'] === undefined ? 'text' : 'journal') : format;
}

/** A line for each frame in which something changed, at most a few a second, and the LED as a person would see it. */
function watchingPerson(logger: Logger) {
  const intervalMs = 400;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    onDetections: (seen: Detections) => {
      if (seen.monotonicMs - lastMs < intervalMs) return;
      lastMs = seen.monotonicMs;
      logger.child(seen.camera).info(detectionsLine(seen));
    },
    onSimulatedOutput: (name: string, on: boolean) => {
      logger.child('outputs').info(`${name} ${on ? '●  ON' : '○  OFF'}  (simulated)`);
    },
  };
}

/** `sample1.jpg  face 0.82, face 0.61  xnnpack 3.1 ms` */
function detectionsLine({ origin, detections, backend, latencyMs }: Detections): string {
  const found = detections.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(', ') || 'nothing';
  return `${origin === undefined ? '' : `${origin}  `}${found}  ${backend} ${latencyMs.infer.toFixed(1)} ms`;
}

/** Builds the camera that a configuration describes. */
import type { CameraConfig, SourceConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type Choice, chooseSource } from './auto.ts';
import type { Camera } from './camera.ts';
import { ffmpegCapture } from './ffmpeg.ts';
import { folderCapture } from './folder.ts';
import { type CaptureTiming, defaultTiming, type Machine, type MachineRoots, systemRoots } from './machine.ts';
import { ProgramRunner } from './program-runner.ts';
import { rpicamCapture } from './rpicam.ts';
import { snapshotCapture } from './snapshot.ts';
import { stillsCapture } from './stills.ts';
import { type Capture, SupervisedCamera } from './supervised-camera.ts';

export interface CameraOptions {
  /** The camera's name in the configuration. */
  readonly name: string;
  readonly config: CameraConfig;
  /** Folder of the sample photos, the last resort of source auto; undefined: it waits for a camera instead. */
  readonly photos: string | undefined;
  readonly logger: Logger;
  readonly env?: NodeJS.ProcessEnv;
  readonly timing?: CaptureTiming;
  readonly roots?: MachineRoots;
}

/**
 * @example
 * const camera = createCamera({ name: 'front', config: config.cameras.front, photos: places.photos, logger });
 * camera.start({ onFrame: (frame) => frame.release(), onStatus: ({ state, detail }) => logger.info(detail, { state }) });
 */
export function createCamera({
  name,
  config,
  photos,
  logger,
  env = process.env,
  timing = defaultTiming,
  roots = systemRoots,
}: CameraOptions): Camera {
  const machine: Machine = { env, roots };
  const runner = new ProgramRunner(machine, timing);
  const open = (source: Exclude<SourceConfig, { type: 'auto' }>): Capture =>
    openSource(source, machine, runner, logger);
  const capture = config.source.type === 'auto' ? autoCapture(machine, photos, logger, open) : open(config.source);
  return new SupervisedCamera({ name, capture, stallTimeoutMs: config.stallTimeoutMs, timing, logger });
}

function openSource(
  source: Exclude<SourceConfig, { type: 'auto' }>,
  machine: Machine,
  runner: ProgramRunner,
  logger: Logger,
): Capture {
  switch (source.type) {
    case 'rpicam':
      return rpicamCapture(source, machine, runner);
    case 'ffmpeg':
      return ffmpegCapture(source, machine, runner);
    case 'snapshot':
      return snapshotCapture(source);
    case 'stills':
      return stillsCapture({ config: source, machine, runner, logger });
    case 'folder':
      return folderCapture(source, logger);
  }
}

/** Looks around before the first attempt. A real camera that was chosen stays the choice, also while it is away. */
function autoCapture(
  machine: Machine,
  photos: string | undefined,
  logger: Logger,
  open: (source: Choice['source']) => Capture,
): Capture {
  let settled: { choice: Choice; capture: Capture } | undefined;
  return async (context) => {
    if (settled === undefined) {
      const choice = await chooseSource(machine, photos ?? '');
      if (photos === undefined && choice.source.type === 'folder') throw noCamera(choice);
      logger.info(choice.reason);
      settled = { choice, capture: open(choice.source) };
    }
    const { choice, capture } = settled;
    const isLastResort = choice.source.type === 'folder';
    if (isLastResort) settled = undefined;
    try {
      await capture({
        ...context,
        announce: (detail, ...pace) => context.announce(`${detail}; ${choice.reason}`, ...pace),
      });
    } catch (error) {
      if (!isLastResort || !(error instanceof UnavailableError)) throw error;
      throw new UnavailableError(error.message, { remedy: choice.reason, cause: error });
    }
  };
}

/** What is said where source auto finds nothing and may not replay photos. */
export function noCamera({ reason }: Pick<Choice, 'reason'>): UnavailableError {
  return new UnavailableError(`Source auto finds no camera: ${reason.replace(/^.*?because /, '')}`, {
    remedy: "Connect one, or set the camera's source.",
  });
}

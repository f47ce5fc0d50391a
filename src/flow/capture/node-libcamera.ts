/**
 * Photos through the npm package node-libcamera, for systems that have only the old libcamera-still. The package joins
 * its options into a shell command, so it gets nothing but checked numbers, fixed words and a file name made here.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StillsConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Machine } from './machine.ts';
import { evenSize, settlingMs } from './rpicam-arguments.ts';

/** The part of the package that is used. */
export interface StillLibrary {
  still(options: Readonly<Record<string, string | number | boolean>>): Promise<unknown>;
}

/** A shell reads these as they are. */
const plainPath = /^[A-Za-z0-9_./-]+$/;

/** The optional package; undefined where it isn't installed or can't be used safely. */
export async function importStillLibrary(env: NodeJS.ProcessEnv, logger: Logger): Promise<StillLibrary | undefined> {
  // The package runs whatever libcamera-still is on goby's own PATH.
  if (env['PATH'] !== process.env['PATH'] || !plainPath.test(tmpdir())) return undefined;
  try {
    // Under NODE_ENV=test the package prints its command and runs nothing.
    const module = (await import('node-libcamera')) as unknown as {
      default?: Partial<StillLibrary>;
    } & Partial<StillLibrary>;
    const still = module.still ?? module.default?.still;
    return still === undefined || process.env['NODE_ENV'] === 'test' ? undefined : { still };
  } catch {
    logger.debug('node-libcamera is not installed; libcamera-still is run directly');
    return undefined;
  }
}

export interface LibraryShot {
  readonly library: StillLibrary;
  readonly config: StillsConfig;
  readonly machine: Machine;
  readonly signal: AbortSignal;
  readonly onData: (photo: Buffer) => void;
}

/** Takes one photo into a file of its own, and hands its bytes on. @throws UnavailableError when that fails */
export async function shootWithLibrary({ library, config, machine, signal, onData }: LibraryShot): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `goby-still-${process.pid}-`));
  const file = join(folder, 'photo.jpg');
  let ended: Promise<void> | undefined;
  const onAbort = (): void => {
    ended = endByArgument(machine.roots.proc, file);
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    await library.still(libraryOptions(config, file));
    signal.throwIfAborted();
    onData(await readFile(file));
  } catch (cause) {
    signal.throwIfAborted();
    const said = cause instanceof Error ? cause.message.trim().split('\n').slice(1).join(' | ') : String(cause);
    throw new UnavailableError(
      `libcamera-still, through node-libcamera, gave no photo. It said: ${said || 'nothing'}`,
      {
        cause,
      },
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only what is set: the package would print `false` for an option that is off, and turn it on. */
export function libraryOptions(config: StillsConfig, file: string): Record<string, string | number | boolean> {
  const { widthPx, heightPx } = evenSize(config);
  return {
    nopreview: true,
    camera: config.cameraIndex,
    width: widthPx,
    height: heightPx,
    exposure: config.exposure,
    ...(config.shutterUs === undefined ? {} : { shutter: config.shutterUs }),
    ...(config.gain === undefined ? {} : { gain: config.gain }),
    ...(config.brightness === undefined ? {} : { brightness: config.brightness }),
    ...(config.flipHorizontal ? { hflip: true } : {}),
    ...(config.flipVertical ? { vflip: true } : {}),
    ...(config.rotationDeg === 180 ? { rotation: 180 } : {}),
    timeout: settlingMs(config.intervalMs),
    encoding: 'jpg',
    output: file,
  };
}

/** The package keeps its process to itself: it is found by the file name that is an argument of no other. */
async function endByArgument(procRoot: string, argument: string): Promise<void> {
  const entries = await readdir(procRoot).catch(() => []);
  for (const pid of entries.filter((entry) => /^\d+$/.test(entry)).map(Number)) {
    const line = await readFile(join(procRoot, String(pid), 'cmdline'), 'latin1').catch(() => '');
    if (!line.includes(argument)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

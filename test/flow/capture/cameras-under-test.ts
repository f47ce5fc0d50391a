/** What the tests of capture/ share: stand-in programs on a PATH of their own, configurations, and a recorded camera. */
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { type CameraConfig, cameraSection } from '../../../src/config/camera-section.ts';
import type { Camera, CameraStatus } from '../../../src/flow/capture/camera.ts';
import { type CameraOptions, createCamera } from '../../../src/flow/capture/create-camera.ts';
import { findProgram } from '../../../src/flow/capture/find-program.ts';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import { type CaptureTiming, defaultTiming } from '../../../src/flow/capture/machine.ts';
import { createLogger, type Logger } from '../../../src/logger.ts';
import { places } from '../../requiring.ts';

export const standIns = join(places.root, 'test', 'fixtures', 'programs');

/** Fast enough for a test, slow enough for two busy cores. */
export const quickTiming: CaptureTiming = {
  ...defaultTiming,
  backoff: { firstMs: 20, factor: 2, maxMs: 200 },
  terminateMs: 500,
};

/** A folder of its own that is removed after the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-capture-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface StandInOptions {
  /** Name on PATH to the stand-in behind it; an array: each under its own name. */
  readonly programs: readonly string[] | Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly withFfmpeg?: boolean;
}

/** An environment whose PATH has these programs, and node for them, and nothing else. */
export async function standInEnvironment(
  t: ExecutionContext,
  { programs, settings = {}, withFfmpeg = false }: StandInOptions,
): Promise<NodeJS.ProcessEnv> {
  const bin = await temporaryFolder(t);
  await symlink(process.execPath, join(bin, 'node'));
  const entries = Array.isArray(programs) ? programs.map((name) => [name, name] as const) : Object.entries(programs);
  for (const [name, standIn] of entries) await symlink(join(standIns, standIn as string), join(bin, name));
  if (withFfmpeg) await symlink((await findProgram(['ffmpeg'], process.env))?.path ?? '', join(bin, 'ffmpeg'));
  return { PATH: bin, HOME: bin, ...settings };
}

/** An executable shell script on a PATH of its own. */
export async function scriptEnvironment(t: ExecutionContext, name: string, body: string): Promise<NodeJS.ProcessEnv> {
  const bin = await temporaryFolder(t);
  await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(bin, name), 0o755);
  return { PATH: [bin, dirname('/bin/sh'), '/usr/bin'].join(delimiter) };
}

/** A camera section with defaults filled in, as the loader gives it. */
export function cameraConfig(source: Record<string, unknown>, more: Record<string, unknown> = {}): CameraConfig {
  return cameraSection.parse({ source, ...more });
}

/** JPEG photos in bands of colour, photo0.jpg and on. */
export async function writePhotos(folder: string, count: number, size = { width: 96, height: 64 }): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < count; index += 1) {
    const background = { r: (index * 80) % 256, g: 120, b: 40 };
    const photo = await sharp({ create: { ...size, channels: 3, background } })
      .jpeg()
      .toBuffer();
    await writeFile(join(folder, `photo${index}.jpg`), photo);
  }
}

/** Waits for a condition; the deadline is far beyond what a busy machine needs. */
export async function until(condition: () => boolean, what: string, deadlineMs = 120_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain for: ${what}`);
    await wait(10);
  }
}

export interface KeptFrame extends Omit<Frame, 'bytes' | 'release'> {
  /** A copy. */
  readonly bytes: Buffer;
}

/** A camera that is running, with all it told. */
export class RecordedCamera {
  readonly camera: Camera;
  readonly frames: KeptFrame[] = [];
  readonly statuses: CameraStatus[] = [];
  readonly lines: string[];
  /** Frames that are held back while `holding`. */
  readonly held: Frame[] = [];
  holding = false;
  /** Copies of frames beyond this many are not kept. */
  keep = 60;
  framesSeen = 0;

  constructor(camera: Camera, lines: string[]) {
    this.camera = camera;
    this.lines = lines;
  }

  start(): void {
    this.camera.start({
      onFrame: (frame) => {
        this.framesSeen += 1;
        if (this.frames.length < this.keep) this.frames.push(copyOf(frame));
        if (this.holding) this.held.push(frame);
        else frame.release();
      },
      onStatus: (status) => this.statuses.push(status),
    });
  }

  get status(): CameraStatus | undefined {
    return this.statuses.at(-1);
  }

  /** Waits for a state, and a detail that matches. */
  async reaches(state: CameraStatus['state'], detail = /./): Promise<CameraStatus> {
    const isIt = (status: CameraStatus): boolean => status.state === state && detail.test(status.detail);
    const told = (): string => JSON.stringify(this.statuses.slice(-3));
    await until(() => this.statuses.some(isIt), `${state} ${detail}`).catch((error: Error) => {
      throw new Error(`${error.message}; last told: ${told()}`);
    });
    return this.statuses.find(isIt) as CameraStatus;
  }

  async gives(count: number): Promise<void> {
    await until(() => this.framesSeen >= count, `${count} frames`).catch((error: Error) => {
      throw new Error(`${error.message}; told: ${JSON.stringify(this.statuses.slice(-3))}`);
    });
  }
}

function copyOf(frame: Frame): KeptFrame {
  const { release: _release, ...rest } = frame;
  return { ...rest, bytes: Buffer.from(frame.bytes) };
}

export function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return { logger: createLogger({ part: 'camera', threshold: { level: 'info' }, format: 'text', write }), lines };
}

/** Builds a camera, not yet started, that is stopped after the test. */
export function recorded(
  t: ExecutionContext,
  options: Pick<CameraOptions, 'config'> & Partial<CameraOptions>,
): RecordedCamera {
  const { logger, lines } = recordingLogger();
  const camera = createCamera({ name: 'front', photos: '/nowhere', logger, timing: quickTiming, ...options });
  t.teardown(() => camera.stop());
  return new RecordedCamera(camera, lines);
}

/** The runs that stand-ins wrote to GOBY_STAND_IN_LOG. */
export async function standInRuns(log: string): Promise<{ pid: number; name: string; args: string[] }[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** True for a process that runs; one that ended and only waits for its parent doesn't. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** The device's clock: wall time, time since boot, and whether a time server has set it. A Pi has no battery for its clock. */
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DeviceClock {
  /** Wall clock, ms since 1970. */
  wallMs(): number;
  /** CLOCK_MONOTONIC: ms since boot, the same for every process of this boot. */
  sinceBootMs(): number;
  /** Add to a performance.now() of this process to get its sinceBootMs. */
  readonly monotonicOriginMs: number;
  /** Differs from boot to boot. */
  readonly bootId: string;
  /** Whether a time server has set the wall clock; undefined: nothing on this machine tells. */
  readonly synchronised: boolean | undefined;
}

/** The file of systemd-timesyncd costs nothing to look for; other time services are asked through a program, seldom. */
const fileIntervalMs = 2000;
const programEveryRounds = 30;

/** Looks for synchronisation until it is there: time services step the clock once and then keep it. */
export class SystemDeviceClock implements DeviceClock {
  readonly monotonicOriginMs = monotonicOrigin();
  readonly #root: string;
  #bootId = 'unknown';
  #synchronised: boolean | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rounds = 0;

  /** @param root prefix of /proc and /run */
  constructor(root = '/') {
    this.#root = root;
  }

  get bootId(): string {
    return this.#bootId;
  }

  get synchronised(): boolean | undefined {
    return this.#synchronised;
  }

  wallMs(): number {
    return Date.now();
  }

  sinceBootMs(): number {
    return performance.now() + this.monotonicOriginMs;
  }

  /** Resolves when boot id and state are known; goes on looking where the clock isn't synchronised yet. */
  async start(): Promise<void> {
    const id = await readFile(join(this.#root, 'proc/sys/kernel/random/boot_id'), 'utf8').catch(() => '');
    if (id.trim() !== '') this.#bootId = id.trim();
    this.#synchronised = await isClockSynchronised(this.#root);
    if (this.#synchronised !== false) return;
    this.#timer = setInterval(() => void this.#look(), fileIntervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    this.#rounds += 1;
    const asks = this.#rounds % programEveryRounds === 0;
    if (!(asks ? await isClockSynchronised(this.#root) : await isMarked(this.#root))) return;
    this.#synchronised = true;
    this.stop();
  }
}

/** The least of a few readings: whoever is interrupted between the two clocks reads too much. */
function monotonicOrigin(): number {
  const readings = Array.from({ length: 5 }, () => {
    const nowMs = performance.now();
    return Number(process.hrtime.bigint()) / 1e6 - nowMs;
  });
  return Math.min(...readings);
}

/** systemd-timesyncd leaves a file; chrony and others are known to timedatectl. Undefined when neither is there. */
export async function isClockSynchronised(root = '/'): Promise<boolean | undefined> {
  if (await isMarked(root)) return true;
  const answer = await new Promise<string | undefined>((resolve) => {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    execFile('timedatectl', args, { timeout: 5000, killSignal: 'SIGKILL' }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
  return answer === undefined ? undefined : answer.trim() === 'yes';
}

async function isMarked(root: string): Promise<boolean> {
  return await access(join(root, 'run/systemd/timesync/synchronized')).then(
    () => true,
    () => false,
  );
}

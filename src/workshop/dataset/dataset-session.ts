/** The photos of one run: which class gets the next one, and the counts that a person sees. */
import { join } from 'node:path';
import type { Frame } from '../../flow/capture/frame.ts';
import type { Progress } from '../../terminal/progress.ts';
import { ClassFolder } from './class-folder.ts';
import type { DatasetDetector } from './detector.ts';
import { type CaptureDatasetOptions, type CaptureMode, classesOf, modeOf } from './options.ts';
import { type Cut, createPhotoTaker } from './take-photo.ts';

export interface ClassCount {
  readonly class: string;
  readonly photos: number;
  /** Taken in this run. */
  readonly taken: number;
  /** Left out in this run: nearly the same as one of the class. */
  readonly alike: number;
}

export interface DatasetSessionParts {
  readonly options: CaptureDatasetOptions;
  readonly detector: DatasetDetector | undefined;
  readonly reading: Progress;
  /** Something changed that a person may want to see. */
  onChange(line: string): void;
}

/** After a detection was photographed the next one waits this long, so that one visitor doesn't fill the folder. */
const detectionPauseMs = 500;

export class DatasetSession {
  readonly #parts: DatasetSessionParts;
  readonly #folders: ReadonlyMap<string, ClassFolder>;
  readonly #before: ReadonlyMap<string, number>;
  readonly #mode: CaptureMode;
  readonly #single: string | undefined;
  readonly #photo = createPhotoTaker();
  readonly #presses: string[] = [];
  #nextMs = 0;

  private constructor(parts: DatasetSessionParts, folders: ReadonlyMap<string, ClassFolder>) {
    this.#parts = parts;
    this.#folders = folders;
    this.#before = new Map([...folders].map(([name, folder]) => [name, folder.count]));
    ({ mode: this.#mode, single: this.#single } = modeOf(parts.options));
  }

  /** Reads what the class folders hold already. */
  static async open(parts: DatasetSessionParts): Promise<DatasetSession> {
    const { output, similar, keepFreeMb } = parts.options;
    const folders = new Map<string, ClassFolder>();
    for (const name of classesOf(parts.options)) {
      const folder = await ClassFolder.open(
        { folder: join(output, name), similarBits: similar, keepFreeBytes: keepFreeMb * 1e6 },
        (photo) => parts.reading.update(0, photo),
      );
      folders.set(name, folder);
    }
    return new DatasetSession(parts, folders);
  }

  /** A digit asks for a photo of that class. @returns whether the key meant something */
  press(key: string): boolean {
    const name = [...this.#folders.keys()][Number(key) - 1];
    if (!/^[1-9]$/.test(key) || name === undefined) return false;
    this.#presses.push(name);
    return true;
  }

  get hasPresses(): boolean {
    return this.#presses.length > 0;
  }

  /** True when every class that photos are taken for has its --count. */
  get isFull(): boolean {
    const { count } = this.#parts.options;
    if (count === undefined) return false;
    return [...this.#folders].every(
      ([name, folder]) => (this.#single !== undefined && name !== this.#single) || folder.count >= count,
    );
  }

  isWanted(nowMs: number): boolean {
    return this.#mode === 'keys' ? this.hasPresses : nowMs >= this.#nextMs;
  }

  async take(frame: Frame): Promise<void> {
    const { options, detector } = this.#parts;
    if (this.#mode === 'keys') {
      await this.#add(this.#presses.shift()!, frame);
    } else if (this.#mode === 'interval') {
      this.#nextMs = performance.now() + options.interval! * 1000;
      await this.#add(this.#single!, frame);
    } else {
      const found = await detector!.find(frame);
      if (found.length === 0) return;
      this.#nextMs = performance.now() + (options.interval ?? detectionPauseMs / 1000) * 1000;
      if (options.crop !== true) return this.#add(this.#single!, frame);
      for (const { box } of found) {
        if (box !== undefined) await this.#add(this.#single!, frame, { box, margin: options.margin });
      }
    }
  }

  /** `1 pikachu: 12   2 no-pikachu: 7   (3 nearly the same left out)` */
  get line(): string {
    const counts = [...this.#folders].map(([name, { count }], index) => `${index + 1} ${name}: ${count}`);
    const skipped = [...this.#folders.values()].reduce((sum, folder) => sum + folder.skipped, 0);
    return `${counts.join('   ')}${skipped > 0 ? `   (${skipped} nearly the same left out)` : ''}`;
  }

  counts(): ClassCount[] {
    return [...this.#folders].map(([name, { count, skipped }]) => ({
      class: name,
      photos: count,
      taken: count - this.#before.get(name)!,
      alike: skipped,
    }));
  }

  async #add(name: string, frame: Frame, cut?: Cut): Promise<void> {
    const folder = this.#folders.get(name)!;
    const { count } = this.#parts.options;
    if (count !== undefined && folder.count >= count) return;
    const path = await folder.add(await this.#photo(frame, cut), frame.capturedAtMs);
    this.#parts.onChange(path === undefined ? this.line : `${this.line}   ${path}`);
  }
}

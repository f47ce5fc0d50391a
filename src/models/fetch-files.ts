/** Brings pinned files to their places: from the mirror, else from their own source, and only if the bytes are right. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, GobyError, InputError, sentence, UnavailableError } from '../errors.ts';
import { differenceFrom, fingerprintOfBytes } from '../system/files/integrity.ts';
import { holding } from '../system/files/lock.ts';
import { putBytes, putCopy, putPart } from '../system/files/put-file.ts';
import { addressText, maskAddress, parseAddress } from '../text/addresses.ts';
import type { Catalog, PinnedFile } from './catalog.ts';
import { download, type Patience, redacted } from './download.ts';
import { filesOfPackage } from './npm-package.ts';

export interface WantedFile {
  readonly pin: PinnedFile;
  readonly target: string;
}

export interface FetchProgress {
  /** Every byte of all wanted files that is in place or on its way; sizes that aren't known beforehand count once known. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** The file at work. */
  readonly file: string;
}

export interface FetchOptions {
  readonly packages: Catalog['packages'];
  /** goby's root, where npm is started. */
  readonly root: string;
  /** A folder or an http(s) address that has the files under their plain names. */
  readonly mirror?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Told when the mirror can't be used and the file's own source is asked. */
  readonly onNote?: ((note: string) => void) | undefined;
  readonly patience?: Patience | undefined;
}

/** Stands for a file whose size isn't pinned, until the server tells it. */
const guessedBytes = 5_000_000;

/**
 * Fetches all wanted files. Each becomes visible only whole and checked; what stood in a place stays there until then.
 * @throws UnavailableError when a source can't be reached; files fetched before stay
 * @throws InputError when a source sends other bytes than those pinned
 */
export async function fetchFiles(wanted: readonly WantedFile[], options: FetchOptions): Promise<void> {
  const progress = progressOver(wanted, options.onProgress);
  const remaining: WantedFile[] = [];
  for (const one of wanted) {
    if (await fromMirror(one, options, progress)) progress.finished(one);
    else remaining.push(one);
  }
  for (const [name, group] of byPackage(remaining)) {
    if (name === undefined) {
      for (const one of group) {
        await fromAddress(one, (one.pin.from as { url: string }).url, options, progress);
        progress.finished(one);
      }
    } else {
      await fromPackage(name, group, options);
      group.forEach(progress.finished);
    }
  }
}

type ProgressMeter = ReturnType<typeof progressOver>;

function progressOver(wanted: readonly WantedFile[], report: FetchOptions['onProgress']) {
  const done = new Map<WantedFile, number>();
  const total = new Map(wanted.map((one) => [one, one.pin.bytes ?? guessedBytes]));
  const sum = (sizes: Map<WantedFile, number>) => [...sizes.values()].reduce((a, b) => a + b, 0);
  const reportProgress = (one: WantedFile): void =>
    report?.({ doneBytes: sum(done), totalBytes: sum(total), file: one.pin.file });
  return {
    at: (one: WantedFile, doneBytes: number, totalBytes: number | undefined): void => {
      total.set(one, totalBytes ?? Math.max(total.get(one) ?? 0, doneBytes));
      done.set(one, doneBytes);
      reportProgress(one);
    },
    finished: (one: WantedFile): void => {
      done.set(one, total.get(one) ?? 0);
      reportProgress(one);
    },
  };
}

/** Files of one package are taken out of one tarball; the key of files with an address of their own is undefined. */
function byPackage(wanted: readonly WantedFile[]): Map<string | undefined, WantedFile[]> {
  const groups = new Map<string | undefined, WantedFile[]>();
  for (const one of wanted) {
    const key = 'package' in one.pin.from ? one.pin.from.package : undefined;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

/** True when the mirror had the right bytes. A mirror that lacks a file is no fault: it is asked first, not alone. */
async function fromMirror(one: WantedFile, options: FetchOptions, progress: ProgressMeter): Promise<boolean> {
  const { mirror, onNote } = options;
  if (mirror === undefined || mirror === '') return false;
  try {
    if (/^https?:\/\//i.test(mirror)) {
      await fromAddress(one, mirrorAddress(mirror, one.pin.file), options, progress);
    } else {
      const source = join(mirror, one.pin.file);
      await (await open(source)).close();
      await putCopy(source, one.target, one.pin);
    }
    return true;
  } catch (error) {
    const isMirrorsFault = error instanceof InputError || error instanceof UnavailableError;
    if (error instanceof GobyError && !isMirrorsFault) throw error;
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isAbsent) onNote?.(`The mirror can't be used for ${one.pin.file}: ${sentence(error)}`);
    return false;
  }
}

function mirrorAddress(mirror: string, file: string): string {
  const address = parseAddress(mirror);
  const text = address === undefined ? mirror : addressText(address);
  if (!URL.canParse(text)) {
    throw new ConfigError(`models.mirror: expected a folder or an http(s) address, got ${maskAddress(mirror)}.`);
  }
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(file)}`;
  return url.href;
}

async function fromAddress(
  one: WantedFile,
  url: string,
  options: FetchOptions,
  progress: ProgressMeter,
): Promise<void> {
  const { pin, target } = one;
  const part = `${target}.part`;
  await holding(`${target}.lock`, async () => {
    const get = () =>
      download({
        url,
        part,
        bytes: pin.bytes,
        patience: options.patience,
        onProgress: (doneBytes, totalBytes) => progress.at(one, doneBytes, totalBytes),
      });
    const { resumed } = await get();
    let difference = await putPart(part, target, pin);
    if (difference !== undefined && resumed) {
      await rm(part, { force: true });
      await get();
      difference = await putPart(part, target, pin);
    }
    if (difference !== undefined) {
      await rm(part, { force: true });
      throw new InputError(`${redacted(url)} is not the pinned file: it ${difference}. It was thrown away.`);
    }
  });
}

async function fromPackage(name: string, wanted: readonly WantedFile[], options: FetchOptions): Promise<void> {
  const pin = options.packages[name];
  if (pin === undefined) throw new InputError(`The catalog doesn't pin the package ${name}.`);
  const pathOf = (one: WantedFile): string => (one.pin.from as { path: string }).path;
  const contents = await filesOfPackage({
    name,
    pin,
    paths: wanted.map(pathOf),
    root: options.root,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  for (const one of wanted) {
    const bytes = contents.get(pathOf(one));
    if (bytes === undefined) continue;
    const difference = differenceFrom(one.pin, fingerprintOfBytes(bytes));
    if (difference !== undefined) throw new InputError(`${pathOf(one)} of the package ${name} ${difference}.`);
    await putBytes(bytes, one.target);
  }
}

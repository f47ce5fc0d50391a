/** Declares tests that need more than Node: a skipped one says why, and under GOBY_REQUIRE_ALL=1 it fails unless allowed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findPlaces } from '../src/config/places.ts';
import { catalogEntry, loadCatalog } from '../src/models/catalog.ts';
import { pathInStore } from '../src/models/store.ts';
import { sandboxProblem } from './end-to-end/sandbox.ts';
import { smallDiskProblem } from './faults/small-disk.ts';

export const places = findPlaces();

/** Folder of real models, and beside it images/ and datasets/; undefined where no mirror is set. */
export const mirror = process.env['GOBY_MODEL_MIRROR'];

/** Path below the mirror's parent, such as `images/parrot.jpg`. Call it only inside a test that needs `mirror`. */
export function shared(path: string): string {
  return join(mirror ?? '', '..', path);
}

export type Need =
  | { readonly kind: 'mirror' }
  /** A file below the mirror's parent, such as `videos/walk.mp4`. */
  | { readonly kind: 'shared'; readonly path: string }
  /** The TensorFlow Lite C library that the bootstrap fetches. */
  | { readonly kind: 'runtime' }
  /** The face detector and sample photos that the bootstrap fetches. */
  | { readonly kind: 'samples' }
  /** The default detector, which is built on this machine. */
  | { readonly kind: 'default-model' }
  | { readonly kind: 'program'; readonly name: string }
  | { readonly kind: 'optional-package'; readonly name: string }
  /** An overlay of the machine, to install into: root, namespaces and overlayfs. */
  | { readonly kind: 'overlay' }
  /** To play two users: root, in a checkout that others may read. */
  | { readonly kind: 'root' }
  /** A file system of a few megabytes, mounted: root, or a container that lets it. */
  | { readonly kind: 'small-disk' };

/** Path in the store. */
export function defaultModelFile(): string {
  const { name, files } = catalogEntry(loadCatalog(places.root), 'default');
  return pathInStore(places, name, files.cpu.file);
}

/** Why a need isn't met, or undefined. */
function lack(need: Need): string | undefined {
  switch (need.kind) {
    case 'mirror':
      return mirror !== undefined && existsSync(mirror) ? undefined : 'GOBY_MODEL_MIRROR names no folder';
    case 'shared':
      return mirror !== undefined && existsSync(shared(need.path))
        ? undefined
        : `there is no ${need.path} beside the mirror`;
    case 'runtime':
      return existsSync(places.runtimeLibrary)
        ? undefined
        : 'the TensorFlow Lite library is not fetched (npm run build)';
    case 'samples':
      return existsSync(places.photos) ? undefined : 'the sample photos are not fetched (npm run build)';
    case 'default-model':
      return existsSync(defaultModelFile()) ? undefined : 'the default model is not built (npm run build)';
    case 'program':
      return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', need.name]).status === 0
        ? undefined
        : `the program ${need.name} is not installed`;
    case 'optional-package':
      return existsSync(join(places.root, 'node_modules', need.name))
        ? undefined
        : `the optional package ${need.name} is not installed`;
    case 'root':
      return rootProblem();
    case 'overlay':
      return sandboxProblem();
    case 'small-disk':
      return smallDiskProblem();
  }
}

function rootProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can play several users';
  const { status } = spawnSync('test', ['-r', join(places.root, 'package.json')], { uid: 4711, gid: 4711 });
  return status === 0 ? undefined : 'other users may not read this checkout';
}

const allowedSkips = readFileSync(join(places.root, 'test', 'allowed-skips'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t')[0]);

type Body = (t: ExecutionContext) => unknown;

/**
 * A test that runs when all needs are met. Otherwise it is skipped with its reason printed; with GOBY_REQUIRE_ALL=1 it
 * fails, unless test/allowed-skips lists its title (title, tab, reason).
 */
export function testRequiring(needs: readonly Need[], title: string, body: Body): void {
  declare(test, needs, title, body);
}

/** The same for tests that share something of the process, such as its environment: one after the other. */
export function serialTestRequiring(needs: readonly Need[], title: string, body: Body): void {
  declare(test.serial, needs, title, body);
}

function declare(run: typeof test.serial, needs: readonly Need[], title: string, body: Body): void {
  const reasons = needs.map(lack).filter((reason) => reason !== undefined);
  if (reasons.length === 0) {
    run(title, body as (t: ExecutionContext) => Promise<void>);
  } else if (process.env['GOBY_REQUIRE_ALL'] === '1' && !allowedSkips.includes(title)) {
    run(title, (t) => t.fail(`skipped, and not in test/allowed-skips: ${reasons.join('; ')}`));
  } else {
    console.log(`skipped: ${title}: ${reasons.join('; ')}`);
    run.skip(title, body as (t: ExecutionContext) => Promise<void>);
  }
}

/** Where goby's files lie: one function decides for a checkout, an installed package and the service. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Places {
  /** Folder that holds package.json, models/, config/ and dist/. */
  readonly root: string;
  /** Survives restarts: fetched models, overrides, snapshots, outbox. */
  readonly stateDir: string;
  /** Gone after a reboot: the status socket. */
  readonly runtimeDir: string;
  /** The TensorFlow Lite C library that goby fetched, whether or not it is there yet. */
  readonly runtimeLibrary: string;
  /** Folders searched for models/<name>/<file>, first the one that is written to. */
  readonly modelStores: readonly string[];
  /** Sample photos for a machine without a camera. */
  readonly photos: string;
}

/** The package's root: the nearest folder above this file with a package.json. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/**
 * Finds goby's folders. In a checkout all fetched and written files lie under var/; systemd's STATE_DIRECTORY and
 * RUNTIME_DIRECTORY win, GOBY_STATE_DIR wins over both.
 */
export function findPlaces(env: NodeJS.ProcessEnv = process.env, stateDirOption?: string): Places {
  const root = packageRoot();
  const fetched = join(root, 'var');
  const stateDir = stateDirOption ?? env['GOBY_STATE_DIR'] ?? env['STATE_DIRECTORY'] ?? join(fetched, 'state');
  return {
    root,
    stateDir,
    runtimeDir: env['RUNTIME_DIRECTORY'] ?? stateDir,
    runtimeLibrary: join(fetched, 'runtime', 'libtensorflowlite_c.so'),
    modelStores:
      stateDir === join(fetched, 'state')
        ? [join(fetched, 'models')]
        : [join(stateDir, 'models'), join(fetched, 'models')],
    photos: join(fetched, 'photos'),
  };
}

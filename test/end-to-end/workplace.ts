/** A folder of its own for one end-to-end test: configuration, state, photos. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPlaces } from '../../src/config/places.ts';

const places = findPlaces();

export interface Workplace {
  readonly folder: string;
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  remove(): void;
}

/** Writes the configuration (as JSON, which is YAML) and a state folder; models are read from the checkout's store. */
export function makeWorkplace(config: object): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'goby-e2e-'));
  const configFile = join(folder, 'goby.yaml');
  mkdirSync(join(folder, 'state'));
  writeFileSync(configFile, JSON.stringify(config));
  return {
    folder,
    configFile,
    env: { ...process.env, GOBY_STATE_DIR: join(folder, 'state') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Sample photos as a camera; a simulated LED that follows any detection. */
export const samplesConfig = {
  device: { id: 'test' },
  cameras: {
    front: {
      source: { type: 'folder', path: places.photos, framesPerSecond: 10 },
      model: 'face-detection-short-range',
      minScore: 0.5,
    },
  },
  outputs: { led: { adapter: 'simulated', line: 'GPIO17' } },
  publish: { telemetryIntervalMs: 1000, detections: 'all', maxPerSecond: 100 },
};

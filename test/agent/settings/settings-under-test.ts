/** Settings with everything around them in the test's hands: clock, cameras, session, file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLabelChange } from '../../../src/agent/settings/check-labels.ts';
import { Settings } from '../../../src/agent/settings/settings.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { readOverrides } from '../../../src/config/overrides.ts';
import type { Config } from '../../../src/config/schema.ts';
import { GobyError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/logger.ts';
import { StateFile } from '../../../src/system/files/state-file.ts';

export interface SettingsSetUp {
  /** goby.yaml, as text. */
  readonly file?: string;
  /** overrides.yaml, as text. */
  readonly overrides?: string;
  readonly command?: readonly string[];
  /** Where both files lie; absent: a new folder. */
  readonly folder?: string;
  /** Labels of the model that runs; absent: they aren't known. */
  readonly labels?: readonly string[];
}

export function settingsUnderTest({
  file = '',
  overrides,
  command = [],
  folder = newFolder(),
  labels,
}: SettingsSetUp = {}) {
  writeFileSync(join(folder, 'goby.yaml'), file);
  if (overrides !== undefined) writeFileSync(join(folder, 'overrides.yaml'), overrides);
  const load = () =>
    loadConfig({ file: join(folder, 'goby.yaml'), settings: command, env: { GOBY_STATE_DIR: folder } });
  const log: string[] = [];
  const applied: Config[] = [];
  const restarts: string[] = [];
  const world = { nowMs: 1000, streaming: ['camera'], troubles: [] as string[], told: 0, diskIsFull: false };
  const loaded = load();
  const stateFile = new StateFile(loaded.overrides.file);
  const settings = new Settings({
    loaded,
    file: {
      write: async (text) => {
        if (world.diskIsFull) throw new GobyError('The disk is full: overrides.yaml could not be written.');
        await stateFile.write(text);
      },
    },
    logger: createLogger({
      part: 'settings',
      threshold: { level: 'debug' },
      format: 'text',
      write: (line) => log.push(line),
    }),
    healthyCameras: () => world.streaming,
    troubles: () => world.troubles,
    restart: (reason) => restarts.push(reason),
    now: () => world.nowMs,
    wallMs: () => Date.UTC(2026, 10, 25, 8),
  });
  settings.addCheck((next, before) =>
    checkLabelChange({ next, before, modelOf: () => ({ name: 'detector', labels }) }),
  );
  settings.onChange((config) => {
    applied.push(config);
    world.told += 1;
  });
  return {
    settings,
    world,
    log,
    applied,
    restarts,
    load,
    folder,
    /** Lets what was begun be written, then time pass in steps of half a second as in the agent, then the rest be written. */
    pass: async (ms: number) => {
      await settings.settled();
      for (let passed = 0; passed < ms; passed += 500) {
        world.nowMs += 500;
        settings.tick();
      }
      await settings.settled();
    },
    /** What is in the file now. */
    kept: () => {
      const read = readOverrides(loaded.overrides.file);
      if ('refused' in read) throw new Error(read.refused);
      return { values: read.values, trial: read.trial };
    },
  };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goby-settings-'));
  if (folders.push(folder) === 1) process.once('exit', () => folders.forEach(remove));
  return folder;
}

const folders: string[] = [];
const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });

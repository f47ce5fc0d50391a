/** Starts with overrides that are damaged or have yet to prove themselves. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  type OverridesStart,
  startOnOverrides,
  undoFailedStart,
} from '../../../src/agent/settings/start-on-overrides.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { overridesText, readOverrides } from '../../../src/config/overrides.ts';
import { InputError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/logger.ts';
import { StateFile } from '../../../src/system/files/state-file.ts';

function stateWith(text?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'goby-start-'));
  const path = join(folder, 'overrides.yaml');
  if (text !== undefined) writeFileSync(path, text);
  const log: string[] = [];
  const write = (line: string): void => void log.push(line);
  const logger = createLogger({ part: 'settings', threshold: { level: 'debug' }, format: 'text', write });
  const start = () => ({
    loaded: loadConfig({ env: { GOBY_STATE_DIR: folder } }),
    file: new StateFile(path),
    logger,
  });
  return { path, log, start };
}

/** The configuration of a start, once the file says so. */
async function started(start: OverridesStart) {
  const { loaded, written } = startOnOverrides(start);
  await written;
  return loaded;
}

const changed = (starts: number) =>
  overridesText({
    values: { log: { level: 'debug' } },
    trial: { since: '2026-11-25T07:00:00.000Z', starts, before: { log: { level: 'warn' } }, cameras: [] },
  });

test('without overrides, and with proven ones, nothing is written', async (t) => {
  const none = stateWith();
  await started(none.start());
  t.false(existsSync(none.path));
  const proven = stateWith('log: { level: warn }\n');
  t.is((await started(proven.start())).config.log.level, 'warn');
  t.is(readFileSync(proven.path, 'utf8'), 'log: { level: warn }\n');
  t.deepEqual([...none.log, ...proven.log], []);
});

test('a damaged file is set aside with a sentence of one line, and the agent starts without it', async (t) => {
  const { path, log, start } = stateWith('a: [\nb');
  t.is((await started(start())).config.log.level, 'info');
  t.false(existsSync(path));
  t.is(readFileSync(`${path}.damaged`, 'utf8'), 'a: [\nb');
  t.is(log.length, 1);
  t.regex(log[0]!, /is not valid YAML.*They are left out\. The file is now .*overrides\.yaml\.damaged\.$/);
  t.false(log[0]!.includes('\n'));
});

test('two starts are given to a change on trial; the third goes without it', async (t) => {
  const { path, log, start } = stateWith(changed(0));
  for (const starts of [1, 2]) {
    t.is((await started(start())).config.log.level, 'debug');
    const read = readOverrides(path);
    t.is('refused' in read ? undefined : read.trial?.starts, starts);
  }
  t.is((await started(start())).config.log.level, 'warn');
  t.like(readOverrides(path), { values: { log: { level: 'warn' } }, trial: undefined });
  t.regex(
    log.at(-1)!,
    /The settings changed at 2026-11-25T07:00:00\.000Z were undone: 2 starts with them came to nothing/,
  );
});

test('a start that fails with a change on trial undoes it; without one it is an ordinary failure', async (t) => {
  const { path, log, start } = stateWith(changed(1));
  t.true(await undoFailedStart(start(), new InputError('The model x is damaged.')));
  t.like(readOverrides(path), { values: { log: { level: 'warn' } }, trial: undefined });
  t.regex(log.at(-1)!, /were undone: The model x is damaged\./);
  t.false(await undoFailedStart(start(), new InputError('again')));
});

test('what was before and fits no more is left out too', async (t) => {
  const text = overridesText({
    values: { log: { level: 'debug' } },
    trial: { since: '2026-11-25T07:00:00.000Z', starts: 2, before: { frob: 1 }, cameras: [] },
  });
  const { path, start } = stateWith(text);
  t.is((await started(start())).config.log.level, 'info');
  t.like(readOverrides(path), { values: {}, trial: undefined });
});

/**
 * Each folder of cases/ is a machine: tree.txt holds its /proc and /sys, later.txt what has changed at a second reading,
 * expected.json what the last reading must say, and nothing more.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { createDeviceMeter } from '../../../src/system/measure/device-meter.ts';
import { deviceTelemetrySchema } from '../../../src/system/measure/telemetry.ts';

const casesFolder = join(import.meta.dirname, 'cases');

interface Case {
  readonly agentPid: number;
  readonly workerPids?: readonly number[];
  /** What vcgencmd prints; absent: there is no such program. */
  readonly firmware?: string;
  readonly secondsBetween?: number;
}

for (const name of await readdir(casesFolder)) {
  test(`the meter tells what ${name} gives, and leaves out what it doesn't`, async (t) => {
    const folder = join(casesFolder, name);
    const root = await mkdtemp(join(tmpdir(), 'goby-meter-'));
    t.teardown(() => rm(root, { recursive: true }));
    const facts = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8')) as Case;
    let clockMs = 1000;
    const meter = createDeviceMeter({
      root,
      stateDir: join(root, 'missing'),
      agentPid: facts.agentPid,
      ...(facts.workerPids === undefined ? {} : { workerPids: () => facts.workerPids! }),
      askFirmware: () => Promise.resolve(facts.firmware),
      now: () => clockMs,
    });
    await plant(root, join(folder, 'tree.txt'));
    let telemetry = await meter.read();
    if (facts.secondsBetween !== undefined) {
      t.is(telemetry.cpu, undefined, 'one reading has no share');
      await plant(root, join(folder, 'later.txt'));
      clockMs += facts.secondsBetween * 1000;
      telemetry = await meter.read();
    }
    t.deepEqual(telemetry, JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')));
    t.deepEqual(deviceTelemetrySchema.parse(telemetry), telemetry);
  });
}

test('a real machine gives memory, load, uptime, its disk and its own processes', async (t) => {
  const meter = createDeviceMeter({ stateDir: tmpdir() });
  const { load, memory, disk, uptimeSeconds } = await meter.read();
  t.true(load !== undefined && load.oneMinute >= 0);
  t.true(memory !== undefined && memory.availableBytes < memory.totalBytes);
  t.true((memory?.agentPssBytes ?? 0) > 10_000_000, 'a Node process takes more than 10 MB');
  t.true(disk !== undefined && disk.freeBytes > 0 && disk.freeBytes <= disk.totalBytes);
  t.true((uptimeSeconds ?? 0) > 0);
});

/** Writes the files of a `==> path` listing below root. */
async function plant(root: string, listing: string): Promise<void> {
  const parts = (await readFile(listing, 'utf8')).split(/^==> (.+)\n/m).slice(1);
  for (let index = 0; index < parts.length; index += 2) {
    const path = join(root, parts[index]!);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, parts[index + 1]!);
  }
}

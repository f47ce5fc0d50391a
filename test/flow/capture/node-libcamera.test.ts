/** Photos through the real npm package node-libcamera, which runs a stand-in for libcamera-still through its shell. */
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { testRequiring } from '../../requiring.ts';
import {
  cameraConfig,
  isAlive,
  type RecordedCamera,
  recorded,
  standInEnvironment,
  standInRuns,
  temporaryFolder,
  until,
} from './cameras-under-test.ts';

const needsPackage = [{ kind: 'optional-package', name: 'node-libcamera' }] as const;

/** node-libcamera runs what is on goby's own PATH, and tells its child nothing but goby's own environment. */
async function onOwnPath(
  t: ExecutionContext,
  settings: Record<string, string>,
): Promise<RecordedCamera & { log: string }> {
  const log = join(await temporaryFolder(t), 'runs');
  const programs = { 'libcamera-still': 'rpicam-still' };
  const env = await standInEnvironment(t, { programs, settings: { ...settings, GOBY_STAND_IN_LOG: log } });
  // Under NODE_ENV=test, which ava sets, the package runs nothing. sh is found without PATH.
  Object.assign(process.env, { GOBY_STAND_IN_MODE: 'ok', ...env, NODE_ENV: 'production' });
  const source = { type: 'stills', widthPx: 128, heightPx: 96, intervalMs: 500 };
  const config = cameraConfig(source, { stallTimeoutMs: 4000 });
  return Object.assign(recorded(t, { config, env: process.env }), { log });
}

// One test: its parts change goby's own environment, and must not meet.
testRequiring(needsPackage, 'node-libcamera takes the photos where only the old name exists', async (t) => {
  const subject = await onOwnPath(t, {});
  subject.start();
  await subject.gives(2);
  t.regex(subject.status?.detail ?? '', /^libcamera-still through node-libcamera takes/);
  t.like(subject.frames[0], { format: 'jpeg', widthPx: 128, heightPx: 96 });
  await t.notThrowsAsync(sharp(subject.frames[0]?.bytes, { failOn: 'error' }).raw().toBuffer());
  await subject.camera.stop();
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`goby-still-${process.pid}-`));
  t.deepEqual(left, [], 'its files are removed');

  const missing = await onOwnPath(t, { GOBY_STAND_IN_MODE: 'missing' });
  missing.start();
  const { detail } = await missing.reaches('reconnecting');
  t.regex(detail, /^libcamera-still, through node-libcamera, gave no photo\. It said: .*no cameras available/);
  await missing.camera.stop();

  const hanging = await onOwnPath(t, { GOBY_STAND_IN_MODE: 'stall' });
  hanging.start();
  await hanging.reaches('reconnecting', /stalled/);
  await hanging.camera.stop();
  const runs = await standInRuns(hanging.log);
  t.true(runs.length >= 1);
  await until(() => runs.every(({ pid }) => !isAlive(pid)), 'the end of its processes');
});

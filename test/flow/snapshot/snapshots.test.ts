/** Which frame becomes a snapshot and when: the best one of an event, before the event; and the one that was asked for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { configSchema } from '../../../src/config/schema.ts';
import { UnavailableError } from '../../../src/errors.ts';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import type { Snapshot } from '../../../src/flow/snapshot/snapshot.ts';
import { createSnapshots } from '../../../src/flow/snapshot/snapshots.ts';
import type { BestMoment } from '../../../src/flow/track/event.ts';
import { createLogger } from '../../../src/logger.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { eventOf } from '../publish/samples.ts';
import { jpegFrame, seenIn, yuvFrame } from './frames.ts';

function underTest(t: ExecutionContext, { snapshots = {}, patienceMs = 60_000, farewellMs = 60_000 } = {}) {
  const folder = join(temporaryFolder(t), 'snapshots');
  const published: Snapshot[] = [];
  const log: string[] = [];
  const logger = createLogger({
    part: 'snapshots',
    threshold: { level: 'debug' },
    format: 'text',
    write: (line) => log.push(line),
  });
  const config = configSchema.parse({ snapshots }).snapshots;
  const subject = createSnapshots({
    config,
    folder,
    logger,
    patienceMs,
    farewellMs,
  });
  subject.onSnapshot((snapshot) => published.push(snapshot));
  t.teardown(() => subject.stop());
  return { subject, published, log, folder };
}

const best = (id: string, changes: Partial<BestMoment> = {}): BestMoment => ({
  id,
  label: 'person',
  score: 0.9,
  box: [0.2, 0.2, 0.6, 0.8],
  ...changes,
});

/** A frame whose every pixel is of one grey, to know it by. */
async function greyFrame(grey: number): Promise<Frame> {
  const frame = await yuvFrame();
  const bytes = new Uint8Array(frame.bytes.length).fill(128);
  bytes.fill(grey, 0, frame.strideBytes * frame.heightPx);
  return { ...frame, bytes, sequence: grey };
}

async function greyOf(jpeg: Uint8Array): Promise<number> {
  const { channels } = await sharp(
    await sharp(jpeg).extract({ left: 4, top: 4, width: 8, height: 8 }).toBuffer(),
  ).stats();
  return Math.round(channels[0]!.mean);
}

test('the best picture of an event is published by the time the event may go out, and kept on disk', async (t) => {
  const { subject, published, folder } = underTest(t);
  const frame = await yuvFrame();
  subject.look(frame, seenIn(frame), [best('e1')]);
  // The camera writes over its buffer at once.
  frame.bytes.fill(0);
  const event = eventOf('e1', { label: 'person' });
  subject.announce(event);
  t.is(published.length, 0);
  await subject.ready('e1');
  t.is(published.length, 1);
  const [snapshot] = published;
  t.like(snapshot, { camera: 'front', label: 'person', capturedAtMs: frame.capturedAtMs });
  t.is((await sharp(snapshot!.jpeg).metadata()).width, 320);
  const { channels } = await sharp(snapshot!.jpeg).stats();
  t.true(
    channels.some(({ max }) => max > 200),
    'the picture of then',
  );
  t.is(subject.ready('e1'), undefined, 'nothing is under way any more');
  await subject.stop();
  const [name] = readdirSync(join(folder, 'front'));
  t.is(name, '2026-01-02T03-04-05.067Z_person_e1.jpg');
  t.deepEqual(new Uint8Array(readFileSync(join(folder, 'front', name!))), new Uint8Array(snapshot!.jpeg));
});

test('a frame that is the best of nobody is not copied, and an event without a new picture waits for nothing', async (t) => {
  const { subject, published } = underTest(t);
  const frame = await jpegFrame();
  subject.look(frame, seenIn(frame), []);
  subject.announce(eventOf('e1'));
  t.is(subject.ready('e1'), undefined);
  await subject.stop();
  t.deepEqual(published, []);
});

test('of several best moments between two messages only the last is encoded; the end brings the final one', async (t) => {
  const { subject, published, folder } = underTest(t);
  const show = async (grey: number, type?: 'new' | 'update' | 'end') => {
    const frame = await greyFrame(grey);
    subject.look(frame, seenIn(frame), [best('e1')]);
    if (type) subject.announce(eventOf('e1', { type, label: 'person' }));
  };
  await show(20, 'new');
  for (const grey of [40, 60, 80, 100, 120]) await show(grey);
  await show(140, 'update');
  await show(160);
  await show(180);
  subject.announce(eventOf('e1', { type: 'end', label: 'person' }));
  await subject.stop();
  const greys = await Promise.all(published.map(({ jpeg }) => greyOf(jpeg)));
  t.deepEqual(
    greys.map((grey) => Math.round(grey / 10) * 10),
    [20, 140, 180],
  );
  t.is(readdirSync(join(folder, 'front')).length, 1, 'one file per event');
});

test('events of the same frame share its copy; memory is bounded, and new events come before better pictures of old ones', async (t) => {
  const { subject, published } = underTest(t);
  const crowd = Array.from({ length: 12 }, (_, index) => `crowd${index}`);
  const frame = await greyFrame(30);
  subject.look(
    frame,
    seenIn(frame),
    crowd.map((id) => best(id)),
  );
  for (const id of crowd) subject.announce(eventOf(id));
  await Promise.all(crowd.map((id) => subject.ready(id)));
  t.is(published.length, 12, 'one place holds the picture of twelve events');

  // Better pictures of four old events, each of another frame, take all places.
  for (const [index, id] of crowd.slice(0, 4).entries()) {
    const better = await greyFrame(50 + index);
    subject.look(better, seenIn(better), [best(id)]);
  }
  const fresh = await greyFrame(200);
  subject.look(fresh, seenIn(fresh), [best('fresh')]);
  subject.announce(eventOf('fresh', { label: 'person' }));
  await subject.ready('fresh');
  t.true(Math.abs((await greyOf(published.at(-1)!.jpeg)) - 200) < 5);
});

test('a picture that can not be decoded is told, and its event goes without', async (t) => {
  const { subject, published, log } = underTest(t);
  const frame = await jpegFrame();
  const broken = { ...frame, bytes: frame.bytes.subarray(0, 500) };
  subject.look(broken, seenIn(broken), [best('e1')]);
  subject.announce(eventOf('e1'));
  await t.notThrowsAsync(subject.ready('e1')!);
  t.deepEqual(published, []);
  t.regex(log.join('\n'), /can't be encoded/);
  subject.look(frame, seenIn(frame), [best('e2')]);
  subject.announce(eventOf('e2'));
  await subject.ready('e2');
  t.is(published.length, 1, 'the next one works');
});

test('a snapshot that is asked for is the next frame, with all that was seen, without a label', async (t) => {
  const { subject, published } = underTest(t);
  const [one, two] = [subject.take('front'), subject.take('front')];
  const frame = await yuvFrame();
  const elsewhere = { ...frame, camera: 'back' };
  subject.look(elsewhere, seenIn(elsewhere), []);
  subject.look(frame, seenIn(frame, ['person', 'dog']), []);
  const snapshot = await one;
  t.is(snapshot.camera, 'front');
  t.is(snapshot.label, undefined);
  t.deepEqual(new Uint8Array(readFileSync(snapshot.file!)), new Uint8Array(snapshot.jpeg));
  t.is((await two).file, snapshot.file, 'both asked for the same frame');
  t.is(published.length, 1);
});

test('without a frame an asked snapshot is refused in a sentence; so it is when snapshots are off', async (t) => {
  const { subject } = underTest(t, { patienceMs: 10 });
  const late = await t.throwsAsync(subject.take('front'), { instanceOf: UnavailableError });
  t.regex(late.message, /^No frame of camera front was looked at within 0.01 s\./);
  const off = underTest(t, { snapshots: { enabled: false } });
  const refused = await t.throwsAsync(off.subject.take('front'), { instanceOf: UnavailableError });
  t.regex(refused.message, /switched off/);
  const frame = await jpegFrame();
  off.subject.look(frame, seenIn(frame), [best('e1')]);
  off.subject.announce(eventOf('e1'));
  t.is(off.subject.ready('e1'), undefined);
});

test('a stop waits a while for the snapshots of a busy scene, and lets go of the rest', async (t) => {
  const { subject, published, log } = underTest(t, { farewellMs: 0 });
  const ids = Array.from({ length: 200 }, (_, at) => `event-${at}`);
  const frame = await greyFrame(90);
  subject.look(
    frame,
    seenIn(frame),
    ids.map((id) => best(id)),
  );
  for (const id of ids) subject.announce(eventOf(id));
  const last = subject.ready(ids.at(-1)!);
  await subject.stop();
  await last;
  t.true(published.length < ids.length);
  t.regex(log.join('\n'), new RegExp(`left ${ids.length - published.length} snapshots out: the agent stops`));
});

/** Takes every place for pictures of events: each holds another frame, and none is encoded yet. */
async function crowd(subject: ReturnType<typeof underTest>['subject'], count = 8): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `crowd${index}`);
  for (const [index, id] of ids.entries()) {
    const frame = await greyFrame(30 + index);
    subject.look(frame, seenIn(frame), [best(id)]);
  }
  return ids;
}

test('in a busy scene an asked snapshot has a place of its own', async (t) => {
  const { subject, published } = underTest(t);
  await crowd(subject);
  for (const grey of [180, 200, 220]) {
    const asked = subject.take('front');
    const frame = await greyFrame(grey);
    subject.look(frame, seenIn(frame), [best(`another ${grey}`)]);
    const { jpeg, label } = await asked;
    t.is(label, undefined);
    t.true(Math.abs((await greyOf(jpeg)) - grey) < 5);
  }
  t.is(published.length, 3);
});

test('an asked snapshot comes before those of a hundred events', async (t) => {
  const { subject, published } = underTest(t);
  const ids = Array.from({ length: 100 }, (_, index) => `event-${index}`);
  const frame = await greyFrame(90);
  subject.look(
    frame,
    seenIn(frame),
    ids.map((id) => best(id)),
  );
  for (const id of ids) subject.announce(eventOf(id));
  const asked = subject.take('front');
  subject.look(frame, seenIn(frame), []);
  await asked;
  t.true(published.length < 5, `${published.length} were published before it`);
});

test('where pictures take longer than they may, that is the reason, and not the camera', async (t) => {
  const { subject } = underTest(t, { patienceMs: 5 });
  const frame = await greyFrame(90);
  const first = subject.take('front');
  subject.look(frame, seenIn(frame), []);
  const second = subject.take('front');
  subject.look(frame, seenIn(frame), []);
  await first;
  await t.throwsAsync(second, {
    instanceOf: UnavailableError,
    message:
      /^No snapshot of camera front could be taken within 0\.005 s: the one before it is not encoded yet\. .*lower snapshots\.longestSidePx/,
  });
});

import test from 'ava';
import sharp from 'sharp';
import { countedPixels } from '../../../src/flow/gate/counted-pixels.ts';
import { createMotionGate, type GateVerdict } from '../../../src/flow/gate/motion-gate.ts';
import { createThumbnailer } from '../../../src/flow/gate/thumbnail.ts';
import type { Polygon } from '../../../src/geometry/polygon.ts';
import { type Drawing, yuvFrame } from './yuv-frames.ts';

const leftHalf: Polygon = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];

/** Verdicts on frames five times a second. */
async function judge(
  draw: (second: number) => Omit<Drawing, 'atMs'>,
  seconds: number,
  options: Partial<Parameters<typeof createMotionGate>[0]> = {},
): Promise<GateVerdict[]> {
  const gate = createMotionGate({ masks: [], lingerMs: 1000, forcedLookMs: 5000, ...options });
  const verdicts: GateVerdict[] = [];
  for (let at = 0; at < seconds * 5; at++)
    verdicts.push(await gate.judge(yuvFrame({ ...draw(at / 5), atMs: at * 200 })));
  return verdicts;
}

const indexOf = (verdicts: readonly GateVerdict[], verdict: GateVerdict): number[] =>
  verdicts.flatMap((one, at) => (one === verdict ? [at] : []));

test('a still scene is looked at for the linger time, then every five seconds', async (t) => {
  const verdicts = await judge(() => ({}), 21);
  t.deepEqual(indexOf(verdicts, 'moving'), [0, 1, 2, 3, 4, 5]);
  t.deepEqual(indexOf(verdicts, 'forced'), [30, 55, 80]);
});

test('what comes in opens the gate at once, and it stays open for the linger time', async (t) => {
  const verdicts = await judge((s) => (s >= 10 && s < 12 ? { block: [0.1 + (s - 10) * 0.3, 0.5] } : {}), 20);
  const moving = indexOf(verdicts, 'moving').filter((at) => at >= 10);
  t.is(moving[0], 50);
  t.true(moving.includes(60));
  t.is(verdicts[80], 'idle', 'gone again');
});

test('what came to rest is part of the scene after a while', async (t) => {
  const verdicts = await judge((s) => (s >= 5 ? { block: [0.5, 0.5] } : {}), 90);
  t.is(verdicts[25], 'moving');
  t.false(verdicts.slice(-50).includes('moving'));
});

test('light that swells is no motion; a lamp that is switched on is looked at once', async (t) => {
  const clouds = await judge((s) => ({ grey: 100 + 30 * Math.sin(s / 5) }), 40);
  t.deepEqual(
    indexOf(clouds, 'moving').filter((at) => at > 5),
    [],
  );
  const frames = await judge((s) => ({ grey: s < 10 ? 60 : 150 }), 20);
  t.deepEqual(
    indexOf(frames, 'moving').filter((at) => at > 60),
    [],
  );
});

test('what moves in a mask does not count, also when the picture is turned', async (t) => {
  const visitor = (x: number) => (s: number) => ({ block: [x, s % 2 < 1 ? 0.2 : 0.7] as const });
  const masked = await judge(visitor(0.2), 10, { masks: [leftHalf] });
  t.deepEqual(
    indexOf(masked, 'moving').filter((at) => at > 5),
    [],
  );
  const beside = await judge(visitor(0.7), 10, { masks: [leftHalf] });
  t.true(indexOf(beside, 'moving').length > 40);
  // Turned by 180 degrees the left half of the upright picture is the right one of the planes.
  const turned = await judge((s) => ({ ...visitor(0.7)(s), rotationDeg: 180 }), 10, { masks: [leftHalf] });
  t.deepEqual(
    indexOf(turned, 'moving').filter((at) => at > 5),
    [],
  );
});

test('masks turn with the picture', (t) => {
  const size = { widthPx: 4, heightPx: 2 };
  const rows = (rotationDeg: 0 | 90 | 180 | 270) => {
    const counted = [...countedPixels(size, [leftHalf], rotationDeg)].join('');
    return [counted.slice(0, 4), counted.slice(4)];
  };
  t.deepEqual(rows(0), ['0011', '0011']);
  t.deepEqual(rows(180), ['1100', '1100']);
  // Turned clockwise by 90 degrees, the lower row becomes the left column.
  t.deepEqual(rows(90), ['1111', '0000']);
  t.deepEqual(rows(270), ['0000', '1111']);
});

test('thumbnails of planes and of JPEG show the same', async (t) => {
  const planes = yuvFrame({ atMs: 0, block: [0.5, 0.5] });
  const luma = planes.bytes.subarray(0, planes.widthPx * planes.heightPx);
  const raw = { width: planes.widthPx, height: planes.heightPx, channels: 1 as const };
  const jpeg = await sharp(luma, { raw }).jpeg({ quality: 95 }).toBuffer();
  const sampled = await createThumbnailer()(planes);
  const decoded = await createThumbnailer()({ ...planes, format: 'jpeg', strideBytes: 0, bytes: jpeg });
  t.deepEqual([sampled.widthPx, sampled.heightPx], [80, 60]);
  t.deepEqual([decoded.widthPx, decoded.heightPx], [80, 60]);
  const differences = sampled.bytes.map((value, at) => Math.abs(value - decoded.bytes[at]!));
  t.true(differences.filter((difference) => difference > 12).length < 0.02 * differences.length);
});

test('what can not be decoded is not held back', async (t) => {
  const gate = createMotionGate({ masks: [], lingerMs: 0, forcedLookMs: 60_000 });
  const broken = { ...yuvFrame({ atMs: 0 }), format: 'jpeg' as const, bytes: new Uint8Array(100) };
  t.is(await gate.judge(broken), 'moving');
});

/** Two pictures of one camera: was it moved between them? */
import { execFileSync } from 'node:child_process';
import test from 'ava';
import sharp, { type Sharp } from 'sharp';
import { compareViews, type GreyPicture, type ViewVerdict, viewOf } from '../../../src/flow/sizes/view.ts';
import { afterVerdict, firstView, keptView, type ViewTrust } from '../../../src/flow/sizes/view-trust.ts';
import { shared, testRequiring } from '../../requiring.ts';
import { drawnStreet } from './drawn-street.ts';

const [widthPx, heightPx] = [160, 90];
const street: GreyPicture = { widthPx, heightPx, bytes: drawnStreet(widthPx, heightPx) };
const compared = (now: GreyPicture, before = street): ViewVerdict => compareViews(viewOf(before), viewOf(now));

/** Each pixel as a function of the old one and its place. */
function changed(change: (grey: number, x: number, y: number) => number, from = street): GreyPicture {
  const bytes = from.bytes.map((grey, at) =>
    Math.min(255, Math.max(0, Math.round(change(grey, at % widthPx, Math.floor(at / widthPx))))),
  );
  return { widthPx, heightPx, bytes };
}

const shifted = (dx: number, dy: number): GreyPicture =>
  changed((_, x, y) => {
    const [fromX, fromY] = [(x + dx + widthPx) % widthPx, (y + dy + heightPx) % heightPx];
    return street.bytes[fromY * widthPx + fromX]!;
  });

test('light that grows, falls, or comes from the side moves no camera', (t) => {
  t.is(compared(street), 'same');
  t.is(compared(changed((grey) => grey / 4)), 'same');
  t.is(compared(changed((grey) => 180 + grey / 5)), 'same');
  t.is(compared(changed((grey) => 255 * (grey / 255) ** 2.2)), 'same');
  t.is(compared(changed((grey, x) => grey * (0.2 + x / widthPx))), 'same');
  // Infrared light: leaves are bright.
  t.is(compared(changed((grey) => 255 - grey)), 'same');
});

test('a parked lorry, or a camera that trembles by a pixel of the frame, moves no camera', (t) => {
  t.is(compared(changed((grey, x, y) => (x > 40 && x < 100 && y > 30 ? 20 : grey))), 'same');
  t.is(compared(shifted(1, 0)), 'same');
});

test('a camera that was turned shows the same things elsewhere, one that was put elsewhere other things', (t) => {
  for (const [dx, dy] of [
    [8, 0],
    [-12, 4],
    [0, 8],
    [16, -6],
  ] as const)
    t.is(compared(shifted(dx, dy)), 'moved');
  t.is(compared({ widthPx, heightPx, bytes: drawnStreet(widthPx, heightPx, 2) }), 'other');
  t.is(compared(changed((_, x, y) => street.bytes[y * widthPx + widthPx - 1 - x]!)), 'other');
});

test('in the dark nobody can tell', (t) => {
  t.is(compared(changed(() => 12)), 'unclear');
  t.is(
    compared(
      changed(() => 12),
      changed(() => 90),
    ),
    'unclear',
  );
});

/** Verdicts a minute apart. */
function after(verdicts: readonly ViewVerdict[], from: ViewTrust = firstView) {
  let trust = from;
  const over = verdicts.map((verdict, minute) => {
    const step = afterVerdict(trust, verdict, 60_000 * minute);
    ({ trust } = step);
    return step.over;
  });
  return { trust, over: over.includes(true) };
}
const minutes = (count: number, verdict: ViewVerdict) => Array.from({ length: count }, () => verdict);

test('one doubt suspends what was learnt; ten minutes of a turned view, or an hour of another, end it', (t) => {
  t.false(after(['moved']).trust.holds);
  t.true(after(['moved', 'other', 'same']).trust.holds);
  t.false(after(minutes(10, 'moved')).over);
  t.true(after(minutes(11, 'moved')).over);
  t.false(after(minutes(60, 'other')).over);
  t.true(after(minutes(61, 'other')).over);
  t.false(after([...minutes(9, 'moved'), 'same', ...minutes(9, 'moved')]).over, 'a van stood there');
  t.true(after([...minutes(6, 'other'), ...minutes(6, 'moved')]).over, 'now one, now the other');
});

test('a night changes nothing: what held in the evening holds, what was in doubt is', (t) => {
  t.true(after(minutes(900, 'unclear')).trust.holds);
  t.false(after(minutes(900, 'unclear'), keptView).trust.holds);
  t.true(after([...minutes(900, 'unclear'), 'same'], keptView).trust.holds);
});

/** A frame of a film, grey, half as wide and high as it is. */
function filmFrame(film: string, seconds: number): Sharp {
  const input = ['-v', 'error', '-ss', String(seconds), '-i', shared(`videos/${film}.mp4`)];
  const form = ['-frames:v', '1', '-vf', 'scale=640:360:flags=area,format=gray', '-f', 'rawvideo', '-'];
  return sharp(execFileSync('ffmpeg', [...input, ...form]), { raw: { width: 640, height: 360, channels: 1 } });
}

/** A part of it, as small as the gate sees it. */
async function part(frame: Sharp, { left = 64, top = 36 } = {}): Promise<GreyPicture> {
  const { data, info } = await frame.raw().toBuffer({ resolveWithObject: true });
  const [leftPx, topPx] = [left + (info.width - 640) / 2, top + (info.height - 360) / 2];
  const cut = sharp(data, { raw: info }).extract({
    left: Math.round(leftPx),
    top: Math.round(topPx),
    width: 512,
    height: 288,
  });
  const bytes = await sharp(await cut.png().toBuffer())
    .resize(widthPx, heightPx)
    .extractChannel(0)
    .raw()
    .toBuffer();
  return { widthPx, heightPx, bytes: new Uint8Array(bytes) };
}

for (const [film, seconds] of [
  ['walk', 7],
  ['cars', 8],
  ['onebyone', 100],
] as const) {
  testRequiring(
    [
      { kind: 'shared', path: `videos/${film}.mp4` },
      { kind: 'program', name: 'ffmpeg' },
    ],
    `${film}.mp4: later and in other light it is the same view; shifted, turned or mirrored it is not`,
    async (t) => {
      const before = await part(filmFrame(film, 0));
      const later = filmFrame(film, seconds);
      const seen = async (change: (frame: Sharp) => Sharp, at = {}) =>
        compared(await part(change(later.clone()), at), before);
      t.is(await seen((frame) => frame), 'same', 'later');
      t.is(await seen((frame) => frame.linear(0.25, 0)), 'same', 'dusk');
      t.is(await seen((frame) => frame.linear(0.25, 170)), 'same', 'haze');
      t.is(await seen((frame) => frame.gamma(2.2, 1)), 'same', 'glaring light');
      t.is(await seen((frame) => frame.negate()), 'same', 'infrared');
      t.is(await seen((frame) => frame, { left: 120 }), 'moved', 'turned to the side');
      t.is(await seen((frame) => frame, { left: 30, top: 10 }), 'moved', 'turned upwards');
      t.not(await seen((frame) => frame.rotate(9)), 'same', 'turned about its axis');
      t.is(await seen((frame) => frame.flop()), 'other', 'another street');
    },
  );
}

/** What of a snapshot becomes a training photo: the object alone, without the lines that were drawn around it. */
import test from 'ava';
import sharp from 'sharp';
import { boxesSvg } from '../../../src/flow/snapshot/boxes-svg.ts';
import { cropToObject } from '../../../src/flow/snapshot/crop-to-object.ts';
import { readNote, withNote } from '../../../src/flow/snapshot/picture-note.ts';

type Box = readonly [number, number, number, number];

/** Grey, with the box and its caption drawn in. */
async function snapshot(box: Box, [width, height] = [640, 480]): Promise<Uint8Array> {
  const svg = boxesSvg([{ label: 'person', score: 0.9, box }], width!, height!);
  return sharp({ create: { width: width!, height: height!, channels: 3, background: '#808080' } })
    .composite([{ input: Buffer.from(svg) }])
    .jpeg({ quality: 95 })
    .toBuffer();
}

for (const [what, box] of [
  ['in the middle', [0.25, 0.25, 0.75, 0.75]],
  ['at the top, with its caption inside', [0.1, 0, 0.6, 0.9]],
  ['over the whole picture', [0, 0, 1, 1]],
] as const) {
  test(`an object ${what} is cut out without lines and captions`, async (t) => {
    const crop = await cropToObject(withNote(await snapshot(box), { box, drawn: true }));
    const { data, info } = await sharp(crop).raw().toBuffer({ resolveWithObject: true });
    t.true(info.width > 0.9 * 640 * (box[2] - box[0]) && info.width <= 640 * (box[2] - box[0]));
    t.true(info.height > 0.8 * 480 * (box[3] - box[1]) && info.height <= 480 * (box[3] - box[1]));
    let furthest = 0;
    for (const value of data) furthest = Math.max(furthest, Math.abs(value - 0x80));
    t.true(furthest < 40, `${furthest} from grey`);
  });
}

test('the note stays with the picture, behind its JFIF header, and the picture is the same', async (t) => {
  const plain = await snapshot([0.1, 0.1, 0.5, 0.5]);
  const noted = withNote(plain, { box: [0.1, 0.1, 0.5, 0.5], drawn: true });
  t.deepEqual(readNote(noted), { box: [0.1, 0.1, 0.5, 0.5], drawn: true });
  t.is(readNote(plain), undefined);
  const pixels = (jpeg: Uint8Array) => sharp(jpeg).raw().toBuffer();
  t.deepEqual(await pixels(noted), await pixels(plain));
});

test('a whole picture is taken whole, one without a note or with a tiny object is refused', async (t) => {
  const plain = await snapshot([0.1, 0.1, 0.5, 0.5]);
  const whole = withNote(plain, { box: null, drawn: false });
  t.deepEqual(await cropToObject(whole), whole);
  await t.throwsAsync(cropToObject(plain), { message: /does not say where in it the object is/ });
  const tiny = withNote(plain, { box: [0.5, 0.5, 0.52, 0.52], drawn: false });
  await t.throwsAsync(cropToObject(tiny), { message: /too small to learn from/ });
});

test('whatever lies on the disk, a note is read or is none', (t) => {
  const strange = [[], [0xff], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xfe, 0, 0], [0xff, 0xd8, 0xff, 0xfe, 0xff, 0xff, 1]];
  for (const bytes of strange) t.is(readNote(Uint8Array.from(bytes)), undefined);
  const empty = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
  const far = Buffer.from(withNote(empty, { box: [0, 0, 1, 1], drawn: true }));
  far.write('9', far.indexOf('[0,0,1') + 5);
  t.is(readNote(far), undefined, 'a box beyond the picture');
});

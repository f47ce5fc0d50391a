/** Bench: persons to compose scenes of, cut out of labelled photos with a little of what is around them. */
import sharp from 'sharp';
import { UnavailableError } from '../../../errors.ts';
import { countedFrame } from '../../../flow/capture/counted-frame.ts';
import type { Box } from '../../../geometry/boxes.ts';
import type { CocoPicture, CocoSet } from '../../evaluate/coco-annotations.ts';
import type { CutOut } from '../sequences/scene.ts';
import { yuvOf } from '../yuv-frames.ts';
import type { Look } from './looks.ts';
import { liesOn } from './matches.ts';

export interface PersonCutOut extends CutOut {
  /** Where the person is in the cut-out, in fractions of it. */
  readonly person: Box;
  readonly personHeightPx: number;
}

export interface FarStage {
  readonly persons: readonly PersonCutOut[];
  /** Photos without persons. */
  readonly backgrounds: readonly string[];
}

/** Width by height of someone who stands. */
const ratios = [0.25, 0.6] as const;
const leastHeightPx = 90;
/** Of the surroundings, in widths and heights of the person: an outline that is the edge of the picture is no outline. */
const around = { across: 0.25, down: 0.1 };
/** A look at a person in the photo shows so much more than it. */
const closeUp = 1.6;

/**
 * Persons that the model finds where it looks at them closely in their own photo: what it never finds says nothing about where to look.
 * @throws UnavailableError when the photos hold too few persons, or all show some
 */
export async function farStageOf(
  set: CocoSet,
  { look, minScore, onPerson }: { look: Look; minScore: number; onPerson: (share: number) => void },
): Promise<FarStage> {
  const pictures = new Map(set.pictures.map((picture) => [picture.id, picture]));
  const truths = set.truths.filter(({ category }) => set.categories.get(category) === 'person');
  const persons: PersonCutOut[] = [];
  for (const [at, { image, box, isCrowd }] of truths.entries()) {
    onPerson(at / truths.length);
    const picture = pictures.get(image);
    const [, , width, height] = box;
    const ratio = width / height;
    if (picture === undefined || isCrowd || height < leastHeightPx || ratio < ratios[0] || ratio > ratios[1]) continue;
    if (await isFoundClosely(picture, box, { look, minScore })) persons.push(cutOutOf(picture, box));
  }
  const withPersons = new Set(truths.map(({ image }) => image));
  const backgrounds = set.pictures.filter(({ id }) => !withPersons.has(id)).map(({ file }) => file);
  if (persons.length < 5 || backgrounds.length < 3) {
    throw new UnavailableError(
      `The photos hold ${persons.length} standing persons that the model finds and ${backgrounds.length} pictures without persons; 5 and 3 are needed.`,
      { remedy: 'Give a folder with images/ and instances.json of COCO.' },
    );
  }
  return { persons, backgrounds };
}

type Extent = readonly [left: number, top: number, width: number, height: number];

function cutOutOf({ file, widthPx, heightPx }: CocoPicture, [left, top, width, height]: Extent): PersonCutOut {
  const x1 = Math.max(0, Math.round(left - around.across * width));
  const y1 = Math.max(0, Math.round(top - around.down * height));
  const x2 = Math.min(widthPx, Math.round(left + (1 + around.across) * width));
  const y2 = Math.min(heightPx, Math.round(top + (1 + around.down) * height));
  const x = (at: number) => (at - x1) / (x2 - x1);
  const y = (at: number) => (at - y1) / (y2 - y1);
  return {
    label: 'person',
    file,
    left: x1,
    top: y1,
    widthPx: x2 - x1,
    heightPx: y2 - y1,
    person: [x(left), y(top), x(left + width), y(top + height)],
    personHeightPx: height,
  };
}

async function isFoundClosely(
  { file, widthPx, heightPx }: CocoPicture,
  [left, top, width, height]: Extent,
  { look, minScore }: { look: Look; minScore: number },
): Promise<boolean> {
  // Planes of colour have half the size.
  const even = (value: number) => value - (value % 2);
  const side = even(Math.min(widthPx, heightPx, Math.round(closeUp * height)));
  const start = (middle: number, extent: number) => Math.round(Math.min(extent - side, Math.max(0, middle - side / 2)));
  const x = start(left + width / 2, widthPx);
  const y = start(top + height / 2, heightPx);
  const rgb = await sharp(file)
    .extract({ left: x, top: y, width: side, height: side })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  const frame = countedFrame({
    camera: 'bench',
    sequence: 0,
    capturedAtMs: 0,
    monotonicMs: 0,
    format: 'yuv420',
    widthPx: side,
    heightPx: side,
    rotationDeg: 0,
    strideBytes: side,
    bytes: yuvOf(rgb, side, side),
  });
  const [found] = await look(frame, { leftPx: 0, topPx: 0, widthPx: side, heightPx: side });
  const box: Box = [(left - x) / side, (top - y) / side, (left + width - x) / side, (top + height - y) / side];
  return liesOn(
    { label: 'person', box },
    found!.filter(({ score }) => score >= minScore),
  );
}

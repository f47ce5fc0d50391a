import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { photoFrame } from '../../../src/flow/capture/photo-frame.ts';
import { createModelPreprocessor } from '../../../src/flow/preprocess/model-preprocessor.ts';
import type { TensorSpec } from '../../../src/flow/preprocess/tensor.ts';
import { wholePlacement } from '../../../src/geometry/boxes.ts';
import { plainView } from '../../../src/workshop/photos/photo-views.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const input: TensorSpec = { index: 0, name: 'input', type: 'uint8', shape: [1, 32, 32, 3], scale: 0, zeroPoint: 0 };

/** 96x48: red on the left, green on the right. */
async function widePhoto(file: string): Promise<void> {
  const half = (background: string) => sharp({ create: { width: 48, height: 48, channels: 3, background } });
  await half('red')
    .extend({ right: 48, background: 'lime' })
    .png()
    .toBuffer()
    .then((bytes) => writeFile(file, bytes));
}

test('a detector of the SSD family sees a wide picture stretched, a face detector sees it letterboxed', async (t) => {
  const file = join(temporaryFolder(t), 'wide.png');
  await widePhoto(file);
  const frame = await photoFrame(file, 1);
  const placementFor = async (...model: Parameters<typeof createModelPreprocessor>) =>
    (await createModelPreprocessor(...model).prepare(frame)).placement;
  const loaded = { inputs: [input] };
  const banded = { x0: 0, y0: 0.25, x1: 1, y1: 0.75 };
  t.deepEqual(await placementFor({ decoder: 'ssd' }, loaded), wholePlacement);
  t.deepEqual(await placementFor({ decoder: 'ssd', fit: 'letterbox' }, loaded), banded);
  t.deepEqual(await placementFor({ decoder: 'blazeface' }, loaded), banded);
  t.deepEqual(await placementFor({ decoder: 'blazeface' }, loaded, 'stretch'), wholePlacement);
});

test('a classifier is shown what `goby train` shows it', async (t) => {
  const file = join(temporaryFolder(t), 'wide.png');
  await widePhoto(file);
  const { bytes } = await createModelPreprocessor({ decoder: 'classification' }, { inputs: [input] }).prepare(
    await photoFrame(file, 1),
  );
  const trained = await plainView(await sharp(file).png().toBuffer(), { widthPx: 32, heightPx: 32 });
  const far = bytes.filter((value, at) => Math.abs(value - trained.bytes[at]!) > 12).length;
  // Where red meets green JPEG may be off by more.
  t.true(far <= 0.05 * bytes.length, `${far} of ${bytes.length} values differ`);
});

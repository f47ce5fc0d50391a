/** What `goby models inspect --photos` counts, of a small model on unsigned bytes, through the real library. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { signedBytes } from '../../../src/models/derived/signed-bytes.ts';
import type { Model } from '../../../src/models/model.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { countSameAnswers, sameAnswerWords } from '../../../src/workshop/inspect/same-answers.ts';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { numbers, unsignedModel } from '../../models/derived/unsigned-model.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

testRequiring(
  [{ kind: 'runtime' }],
  'the new file answers as the old one on the same kernels, and is run on XNNPACK',
  async (t) => {
    const folder = temporaryFolder(t);
    const photos = join(folder, 'photos');
    mkdirSync(join(photos, 'deep'), { recursive: true });
    const random = numbers(3);
    for (const name of ['a.png', 'b.png', 'deep/c.png']) {
      const raw = Buffer.from(Uint8Array.from({ length: 16 * 16 * 3 }, () => random() * 256));
      writeFileSync(
        join(photos, name),
        await sharp(raw, { raw: { width: 16, height: 16, channels: 3 } })
          .png()
          .toBuffer(),
      );
    }
    writeFileSync(join(photos, 'broken.jpg'), 'no picture');
    const modelOf = (name: string, model: TfliteModel): Model => {
      const path = join(folder, `${name}.tflite`);
      const bytes = writeModel(model);
      writeFileSync(path, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return {
        name,
        task: 'classify',
        decoder: 'classification',
        scores: 'softmax',
        pair: { name, cpu: { path, sha256 } },
      };
    };
    const source = unsignedModel({ furthest: 190, branchScales: [0.1, 0.1] });
    const made = signedBytes.apply(source);
    if ('reason' in made) throw new Error(made.reason);
    const open = (builtInKernels: boolean) =>
      engineUnderTest(t, { deadlineMs: 60_000 }, undefined, builtInKernels).engine;
    const [model, derived] = [modelOf('old', source), modelOf('new', made.model)];
    const counted = await countSameAnswers({ model, derived, folder: photos, open });
    t.like(counted, { photos: 3, onBuiltIn: { same: 3, equal: 3 }, asItRuns: { backend: 'xnnpack' } });
    t.regex(sameAnswerWords(counted)[0]![1], /^first answer the same on 100\.0 % of 3 photos.*; every score on 3$/);
    await t.throwsAsync(countSameAnswers({ model: { ...model, decoder: 'ssd' }, derived, folder: photos, open }), {
      message: /old is no classifier/,
    });
  },
);

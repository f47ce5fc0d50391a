/** What a detector finds doesn't depend on how many threads look: through the real library, which loses a class where several suppress. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawOutput } from '../../../src/flow/infer/engine.ts';
import type { ModelFile } from '../../../src/models/model-file.ts';
import { pathInStore } from '../../../src/models/store.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { engineUnderTest, pictureFor } from '../../flow/infer/engine-under-test.ts';
import { ssdModel } from '../../models/sample-models.ts';
import { places, serialTestRequiring, shared } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Of the picture [1, 8, 8, 3] in 32-bit float. */
const inputBytes = 8 * 8 * 3 * 4;
const threadCounts = [1, 2, 3, 4];
const classes = 7;
/** One box of each class, none over another. */
const oneOfEach = Array.from({ length: classes }, (_, classIndex) => ({
  box: [0.1, classIndex / 10, 0.3, (classIndex + 1) / 10] as const,
  classIndex,
  score: 0.9 - classIndex / 20,
}));

for (const isRegular of [true, false]) {
  const how = isRegular ? 'class by class' : 'whatever their class';
  serialTestRequiring(
    [{ kind: 'runtime' }],
    `a model that suppresses boxes ${how} finds each class with any number of threads`,
    async (t) => {
      const path = join(temporaryFolder(t), 'ssd.tflite');
      writeFileSync(path, writeModel(ssdModel(oneOfEach, { classes, isRegular })));
      const found = await Promise.all(
        threadCounts.map(async (threads) => {
          const { engine } = engineUnderTest(t, { threads });
          const { name } = await engine.load({ name: 'm', cpu: fileAt(path) });
          const { outputs } = await engine.infer(name, [new Uint8Array(inputBytes)]);
          return valuesOf(outputs[1]!);
        }),
      );
      for (const one of found) t.deepEqual(one, [...oneOfEach.keys()]);
    },
  );
}

const built = pathInStore(places, 'ssdlite-mobilenet-v2-coco', 'ssdlite_mobilenet_v2_coco_int8.tflite');
const photo = 'datasets/coco80/images/000000008193.jpg';

const builtTitle = 'the default detector gives the same bytes with any number of threads';
if (existsSync(built)) {
  serialTestRequiring([{ kind: 'runtime' }, { kind: 'shared', path: photo }], builtTitle, async (t) => {
    let first: string[] | undefined;
    for (const threads of threadCounts) {
      const { engine } = engineUnderTest(t, { threads });
      const loaded = await engine.load({ name: 'm', cpu: fileAt(built) });
      t.is(loaded.backend, 'xnnpack');
      t.is(loaded.threads, threads);
      const { outputs } = await engine.infer(loaded.name, [await pictureFor(loaded, shared(photo))]);
      const bytes = outputs.map((output) => Buffer.from(output.bytes).toString('hex'));
      first ??= bytes;
      t.deepEqual(bytes, first);
    }
  });
} else {
  console.log(`skipped: ${builtTitle}: it is not built (goby models pull)`);
}

function fileAt(path: string): ModelFile {
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

function valuesOf({ bytes }: RawOutput): number[] {
  return [...new Float32Array(Uint8Array.from(bytes).buffer)];
}

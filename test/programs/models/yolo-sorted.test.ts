/** A YOLO that sorts out its boxes itself, from the file to detections, through the real library. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterpreter } from '../../../src/flow/interpret/interpreter.ts';
import { wholePlacement } from '../../../src/geometry/boxes.ts';
import { modelFromPath } from '../../../src/models/own-model.ts';
import { packFiles } from '../../../src/models/tflite-file/associated-files.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { GraphBuilder } from '../../models/graph-builder.ts';
import { places, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** The best two of three boxes [x1, y1, x2, y2] in pixels, whose scores are the red of the first three pixels. */
function bestOfThree() {
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 32, 32, 3]);
  const integers = (values: readonly number[]) => graph.constant([values.length], values, { type: 'INT32' });
  const red = graph.tensor([1, 1, 3, 1]);
  graph.operator('SLICE', [picture, integers([0, 0, 0, 0]), integers([1, 1, 3, 1])], [red]);
  const scores = graph.tensor([3]);
  graph.operator('RESHAPE', [red, integers([3])], [scores]);
  const best = graph.tensor([2]);
  const which = graph.tensor([2], { type: 'INT32' });
  graph.operator('TOPK_V2', [scores, graph.constant([], [2], { type: 'INT32' })], [best, which]);
  const boxes = graph.constant([3, 4], [0, 0, 8, 8, 8, 16, 24, 32, 16, 0, 32, 8]);
  const chosen = graph.tensor([2, 4]);
  graph.operator('GATHER', [boxes, which], [chosen], { options: { table: 'GatherOptions', axis: 0, batchDims: 0 } });
  const classes = graph.tensor([2]);
  graph.operator('CAST', [which], [classes]);
  const column = (from: number, size: number): number => {
    const made = graph.tensor([1, 2, size]);
    graph.operator('RESHAPE', [from, integers([1, 2, size])], [made]);
    return made;
  };
  const rows = graph.tensor([1, 2, 6]);
  graph.operator('CONCATENATION', [column(chosen, 4), column(best, 1), column(classes, 1)], [rows], {
    options: { table: 'ConcatenationOptions', axis: 2, fusedActivationFunction: 'NONE' },
  });
  return graph.model([picture], [rows]);
}

testRequiring([{ kind: 'runtime' }], 'boxes, scores and labels come out as the model sorted them', async (t) => {
  const path = join(temporaryFolder(t), 'sorted.tflite');
  const names = Buffer.from('{"task": "detect", "names": {"0": "full", "1": "flat", "2": "none"}}');
  writeFileSync(path, packFiles(writeModel(bestOfThree()), [{ name: 'metadata.json', bytes: names }]));
  const model = await modelFromPath(path, { places });
  t.is(model.decoder, 'yolo');
  const { engine } = engineUnderTest(t, { deadlineMs: 60_000 });
  const loaded = await engine.load(model.pair);
  const pixels = new Float32Array(32 * 32 * 3);
  for (const [at, score] of [0.5, 0.9, 0.25].entries()) pixels[3 * at] = score;
  const result = await engine.infer(loaded.name, [new Uint8Array(pixels.buffer)]);
  const interpret = createInterpreter({ model, loaded, minScore: 0.3, maxDetections: 10 });
  t.deepEqual(
    interpret(result, wholePlacement).map(({ label, score, box }) => ({ label, score: Number(score.toFixed(3)), box })),
    [
      { label: 'flat', score: 0.9, box: [0.25, 0.5, 0.75, 1] },
      { label: 'full', score: 0.5, box: [0, 0, 0.25, 0.25] },
    ],
  );
});

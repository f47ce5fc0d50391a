/** The traffic frames through goby's own stages, against what the library says when it is called directly. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import { Interpreter } from '../../../src/flow/infer/worker/interpreter.ts';
import { loadTfLite } from '../../../src/flow/infer/worker/library.ts';
import { createInterpreter } from '../../../src/flow/interpret/interpreter.ts';
import { findSsdOutputs, readSsd } from '../../../src/flow/interpret/ssd.ts';
import { createPreprocessor } from '../../../src/flow/preprocess/preprocessor.ts';
import { intersectionOverUnion } from '../../../src/geometry/boxes.ts';
import { engineUnderTest, modelFile, needs, pictureFor } from '../../flow/infer/engine-under-test.ts';
import { places, shared, testRequiring } from '../../requiring.ts';

testRequiring(needs, 'every traffic frame gives boxes where the library alone sees them', async (t) => {
  const file = modelFile('traffic_model');
  const { engine } = engineUnderTest(t);
  const feedback = [
    { output: 4, input: 1 },
    { output: 5, input: 2 },
  ];
  const loaded = await engine.load({ name: 'traffic', cpu: file, feedback });
  const preprocessor = createPreprocessor({ input: loaded.inputs[0]!, fit: 'stretch' });
  const model = { name: 'traffic', decoder: 'ssd' } as const;
  const interpret = createInterpreter({ model, loaded, minScore: 0.3, maxDetections: 20 });
  const direct = Interpreter.create({
    library: loadTfLite(places.runtimeLibrary),
    name: 'traffic',
    bytes: readFileSync(file.path),
    threads: 1,
    delegate: undefined,
  })!;

  const states = new Map<number, Uint8Array>();

  const names = readdirSync(shared('images/traffic')).filter((name) => name.endsWith('.jpg'));
  t.true(names.length > 0);
  for (const [sequence, name] of names.entries()) {
    const photo = shared(`images/traffic/${name}`);
    const tensor = await preprocessor.prepare(jpegFrame(readFileSync(photo), sequence));
    const found = interpret(await engine.infer('traffic', [tensor.bytes]), tensor.placement);
    tensor.release();

    direct.write(0, await pictureFor(loaded, photo));
    for (const { input } of feedback)
      direct.write(input, states.get(input) ?? new Uint8Array(direct.byteSize('input', input)));
    direct.invoke();
    const outputs = direct.outputs.map((spec, position) => {
      const bytes = new Uint8Array(direct.byteSize('output', position));
      direct.read(position, bytes);
      return { spec, bytes };
    });
    for (const { output, input } of feedback) states.set(input, outputs[output]!.bytes);
    const [expected] = readSsd(outputs, findSsdOutputs(loaded), 0.3);

    const best = Math.max(0, ...found.map(({ box }) => intersectionOverUnion(box!, expected!.box)));
    t.true(best >= 0.5, `${name}: ${found.length} boxes of goby, the nearest at IoU ${best} of the library's best`);
  }
});

function jpegFrame(bytes: Uint8Array, sequence: number): Frame {
  return {
    camera: 'traffic',
    sequence,
    capturedAtMs: 0,
    monotonicMs: 0,
    format: 'jpeg',
    widthPx: 256,
    heightPx: 256,
    strideBytes: 0,
    rotationDeg: 0,
    bytes,
    retain: () => undefined,
    release: () => undefined,
  };
}

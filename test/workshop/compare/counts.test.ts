/** Counted costs against published ones, and the planned arena. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { mainGraph, type TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { architectureOf, architectureTitle } from '../../../src/workshop/compare/architecture.ts';
import { plannedArenaBytes } from '../../../src/workshop/compare/arena-plan.ts';
import { checkCounts } from '../../../src/workshop/compare/count-check.ts';
import { countedOf } from '../../../src/workshop/compare/counted.ts';
import { publishedFigures } from '../../../src/workshop/compare/published-figures.ts';
import { shared, testRequiring } from '../../requiring.ts';

const models = [
  'mobilenet_v1_0.25_128_quant',
  'mobilenet_v1_0.5_160_quant',
  'mobilenet_v1_0.75_192_quant',
  'mobilenet_v1_1.0_224_quant_embedding_extractor',
  'mobilenet_v2_1.0_224_quant',
  'tf2_mobilenet_v2_1.0_224_ptq',
];

async function read(name: string): Promise<TfliteModel> {
  const path = shared(`models/${name}.tflite`);
  return readModel(await readFile(path), path);
}

testRequiring(
  [{ kind: 'mirror' }],
  'counted MACs and parameters agree with the published ones, or the reason is known',
  async (t) => {
    for (const name of models) {
      const published = publishedFigures(architectureOf(name)!)!;
      const checks = checkCounts(countedOf(await read(name)), published);
      t.deepEqual(
        checks.filter(({ agrees, reason }) => !agrees && reason === undefined),
        [],
        name,
      );
    }
  },
);

testRequiring(
  [{ kind: 'mirror' }],
  'V1 1.0 224 has 569 million MACs with its classifier, V2 1.0 224 300 million',
  async (t) => {
    const one = countedOf(await read('mobilenet_v1_1.0_224_quant_embedding_extractor'));
    t.is(one.features, 1024);
    t.is(Math.round((one.macs - one.head.macs + one.features * 1001) / 1e6), 569);
    const two = countedOf(await read('tf2_mobilenet_v2_1.0_224_ptq'));
    t.is(two.features, 1280);
    t.is(two.head.macs, (1280 * two.head.parameters) / 1281);
    t.true(Math.abs(two.macs / 300e6 - 1) < 0.01, `${two.macs}`);
  },
);

const published = publishedFigures({ version: 1, width: 1, resolutionPx: 224 })!;

test('a figure that is far off is told so, with a reason where one is known', (t) => {
  const counted = { macs: 700e6, parameters: 4.24e6, head: { macs: 1.025e6, parameters: 1.026e6 }, features: 1024 };
  const [macs, parameters] = checkCounts(counted, published);
  t.like(macs, { what: 'MACs', agrees: false });
  t.is(macs!.reason, undefined);
  t.like(parameters, { what: 'parameters', agrees: true });
  const doubted = publishedFigures({ version: 1, width: 0.25, resolutionPx: 192 })!;
  const [slip] = checkCounts({ ...counted, macs: 30.1e6 }, doubted);
  t.like(slip, { agrees: false, reason: 'probably a slip: the 41 million at 224 pixels are 30 million by area' });
});

test('where the makers contradict themselves, both figures are told', (t) => {
  const doubted = publishedFigures({ version: 1, width: 0.75, resolutionPx: 192 })!;
  const counted = { macs: 239.3e6, parameters: 2.58e6, head: { macs: 0.77e6, parameters: 0.77e6 }, features: 768 };
  const [macs] = checkCounts(counted, doubted);
  t.false(macs!.agrees);
  t.regex(macs!.reason!, /gives 325 million at 224 pixels, so 239 here/);
});

test('a cut or retrained head explains a difference, a body does not', (t) => {
  const cut = { macs: 567.7e6, parameters: 3.2e6, head: { macs: 0, parameters: 0 }, features: 1024 };
  const [, parameters] = checkCounts(cut, published);
  t.true(parameters!.agrees);
  t.regex(parameters!.reason!, /1,001 classes, with which this file would have 4\.2\d million/);
  const [, smaller] = checkCounts({ ...cut, parameters: 2.9e6 }, published);
  t.false(smaller!.agrees);
});

test('names of architectures', (t) => {
  t.deepEqual(architectureOf('mobilenet_v1_0.25_128_quant'), { version: 1, width: 0.25, resolutionPx: 128 });
  t.deepEqual(architectureOf('tf2_mobilenet_v2_1.0_224_ptq'), { version: 2, width: 1, resolutionPx: 224 });
  t.deepEqual(architectureOf('mobilenet_v2_1.4_224'), { version: 2, width: 1.4, resolutionPx: 224 });
  t.is(architectureOf('ssd_mobilenet_v2_coco_quant_postprocess'), undefined);
  t.is(architectureOf('ssdlite-mobilenet-v2-coco'), undefined);
  t.is(architectureTitle({ version: 1, width: 0.25, resolutionPx: 128 }), 'MobileNet V1 0.25 128');
  t.is(architectureTitle({ version: 2, width: 1, resolutionPx: 224 }), 'MobileNet V2 1.0 224');
  t.is(publishedFigures({ version: 2, width: 0.9, resolutionPx: 224 }), undefined);
});

/** A chain of operators over tensors of the given sizes, in bytes. */
function chain(sizes: readonly number[]): TfliteModel {
  const tensors = sizes.map((size) => ({ shape: [size], type: 'UINT8', buffer: 0, isVariable: false }));
  const operators = sizes.slice(1).map((_, at) => ({ opcodeIndex: 0, inputs: [at], outputs: [at + 1] }));
  return {
    buffers: [new Uint8Array()],
    operatorCodes: [{ builtin: 'RELU', version: 1 }],
    subgraphs: [{ tensors, operators, inputs: [0], outputs: [sizes.length - 1] }],
  } as unknown as TfliteModel;
}

test('the arena holds what lives at the same time, and uses gaps again', (t) => {
  t.is(plannedArenaBytes(chain([64, 64])), 128);
  // The first and the last inner tensor never meet and share 256 bytes; the output takes the place of the middle one.
  t.is(plannedArenaBytes(chain([64, 256, 128, 256, 64])), 64 + 256 + 128);
});

testRequiring([{ kind: 'mirror' }], 'an arena is at least the largest operator and at most all tensors', async (t) => {
  for (const name of models) {
    const model = await read(name);
    const graph = mainGraph(model);
    const bytes = (at: number): number =>
      model.buffers[graph.tensors[at]!.buffer]!.length > 0 ? 0 : graph.tensors[at]!.shape.reduce((a, b) => a * b, 1);
    const largest = Math.max(
      ...graph.operators.map(({ inputs, outputs }) =>
        [...inputs, ...outputs].filter((at) => at >= 0).reduce((sum, at) => sum + bytes(at), 0),
      ),
    );
    const all = graph.tensors.reduce((sum, _, at) => sum + bytes(at) + 64, 0);
    const planned = plannedArenaBytes(model);
    t.true(planned >= largest, `${name}: ${planned} >= ${largest}`);
    t.true(planned <= all, `${name}: ${planned} <= ${all}`);
  }
});

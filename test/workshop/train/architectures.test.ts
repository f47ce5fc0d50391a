/** Names of MobileNets: every one of the article's, what is made where its file isn't there, and what is said. */
import test from 'ava';
import {
  basesOf,
  mobileNetOf,
  nameOf,
  otherResolutions,
  whereFrom,
} from '../../../src/workshop/train/architectures.ts';
import { atResolution } from '../../../src/workshop/train/at-resolution.ts';
import { cutAtPooling } from '../../../src/workshop/train/feature-extractor.ts';
import { unsignedModel } from '../../models/derived/unsigned-model.ts';

test('all sixteen of V1 are known, in the spelling of retrain.py and in that of the catalog', (t) => {
  for (const width of ['1.0', '0.75', '0.50', '0.25']) {
    for (const resolutionPx of [224, 192, 160, 128]) {
      const expected = { version: 1, width: width === '0.50' ? '0.5' : width, resolutionPx } as const;
      for (const name of [
        `mobilenet_${width}_${resolutionPx}`,
        `mobilenet_${width}_${resolutionPx}_quantized`,
        `mobilenet_v1_${width}_${resolutionPx}`,
        `mobilenet_v1_${width}_${resolutionPx}_quant`,
      ]) {
        t.deepEqual(mobileNetOf(name), expected, name);
        t.true(basesOf(name).includes(`${nameOf(expected)}_quant`) || basesOf(name)[0]!.startsWith('tf2_'), name);
      }
    }
  }
});

test('V2 at 1.0 and 1.4 are known; what was never published is not', (t) => {
  t.deepEqual(mobileNetOf('mobilenet_v2_1.4_224'), { version: 2, width: '1.4', resolutionPx: 224 });
  t.is(nameOf(mobileNetOf('mobilenet_v2_1.0_224')!), 'mobilenet_v2_1.0_224');
  for (const name of ['mobilenet_0.60_224', 'mobilenet_1.0_200', 'mobilenet_v3_1.0_224', 'inception_v3', 'mobilenet']) {
    t.is(mobileNetOf(name), undefined, name);
  }
});

test('the nearest resolution stands in first', (t) => {
  const sizes = (name: string) => otherResolutions(mobileNetOf(name)!).map(({ resolutionPx }) => resolutionPx);
  t.deepEqual(sizes('mobilenet_0.50_192'), [224, 160, 128]);
  t.deepEqual(sizes('mobilenet_0.50_128'), [160, 192, 224]);
});

test('the file to supply is named with its place and the option that takes it', (t) => {
  t.regex(
    whereFrom(mobileNetOf('mobilenet_0.50_192')!),
    /mobilenet_v1_0\.5_192_quant\.tflite, from https:\/\/\S+\/mobilenet_v1_0\.5_192_quant\.tgz, .*--architecture \.\/mobilenet_v1_0\.5_192_quant\.tflite/,
  );
  t.regex(
    whereFrom(mobileNetOf('mobilenet_v2_1.4_224')!),
    /mobilenet_v2_1\.4_224\.tgz .*--architecture \.\/mobilenet_v2_1\.4_224\.tflite/,
  );
});

test('a network with other operators than MobileNet has no other resolution', (t) => {
  const extractor = cutAtPooling(unsignedModel({ furthest: 100, branchScales: [0.1, 0.1] }), 'small');
  t.throws(() => atResolution(extractor, 32, 'small'), {
    message: /small can't take pictures of 32 px: it has CONCATENATION/,
  });
});

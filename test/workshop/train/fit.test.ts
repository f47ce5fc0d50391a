/** Validation photos judge a head that has not learned them, and then they are learned too. */
import test from 'ava';
import type { Embedded } from '../../../src/workshop/train/embed-photos.ts';
import { normalised } from '../../../src/workshop/train/feature-set.ts';
import { fitHead, type LabelledSets, type Method, setsOf } from '../../../src/workshop/train/fit.ts';
import { mulberry32 } from '../../../src/workshop/train/softmax-regression.ts';

const labels = ['cat', 'dog'];
const random = mulberry32(3);
const size = 16;

/** Photos of a class that lie around one direction. */
function photos(className: string, direction: number, count: number): Embedded[] {
  return Array.from({ length: count }, (_, at) => {
    const features = Float32Array.from({ length: size }, (_, place) => (place === direction ? 1 : 0) + random() / 2);
    const photo = { file: `/photos/${className}/${direction}-${at}.jpg`, className, sha256: '' };
    return { photo, features, views: [normalised(features)] };
  });
}

// The dogs of validation and test look like none of the training's.
const sets: LabelledSets = {
  labels,
  training: [...photos('cat', 0, 20), ...photos('dog', 1, 20)],
  validation: [...photos('cat', 0, 5), ...photos('dog', 2, 20)],
  testing: photos('dog', 2, 20),
};
const options = { learningRate: 0.01, batchSize: 100, validationBatchSize: -1, steps: 200, evalInterval: 10 };

for (const method of ['softmax', 'imprinting'] satisfies Method[]) {
  test(`${method}: what only the validation photos show is known afterwards, and not when they judge`, (t) => {
    const blind = fitHead({ ...sets, validation: [] }, undefined, { method, ...options });
    const fit = fitHead(sets, undefined, { method, ...options });
    t.is(fit.validation.photos, 25);
    t.true(fit.testing.right > blind.testing.right);
    t.true(fit.testing.right >= 18);
    const dogs = fit.validation.classes[labels.indexOf('dog')]!;
    t.true(dogs.recall! < fit.testing.right / fit.testing.photos);
  });
}

test('a class of whose photos none could be read is refused, not trained without', (t) => {
  const split = { validation: 10, testing: 10 };
  const embedded = photos('cat', 0, 20);
  t.throws(() => setsOf(embedded, labels, split, new Set(['cat', 'dog'])), {
    message: /^None of the photos of dog can be read\./,
  });
  // Of a model that is extended, dog may be a class whose photos are not here.
  t.notThrows(() => setsOf(embedded, labels, split, new Set(['cat'])));
});

import test from 'ava';
import { fitOf } from '../../src/models/fit.ts';

test('a model is shown pictures as its decoder is trained', (t) => {
  t.is(fitOf({ decoder: 'ssd' }, 'auto'), 'stretch');
  t.is(fitOf({ decoder: 'classification' }, 'auto'), 'stretch');
  t.is(fitOf({ decoder: 'blazeface' }, 'auto'), 'letterbox');
});

test('what the model says wins over its decoder, and what is asked for wins over both', (t) => {
  t.is(fitOf({ decoder: 'ssd', fit: 'letterbox' }, 'auto'), 'letterbox');
  t.is(fitOf({ decoder: 'ssd', fit: 'letterbox' }, 'stretch'), 'stretch');
  t.is(fitOf({ decoder: 'blazeface' }, 'stretch'), 'stretch');
});

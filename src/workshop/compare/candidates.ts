/** Which models `goby compare` compares: the ones named, else every MobileNet (or detector) on this machine. */

import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, UnavailableError } from '../../errors.ts';
import { type CatalogEntry, loadCatalog } from '../../models/catalog.ts';
import type { Model } from '../../models/model.ts';
import { modelFromPath } from '../../models/own-model.ts';
import { resolveModel } from '../../models/resolve.ts';
import { lookUp } from '../../models/store.ts';
import { architectureOf } from './architecture.ts';

/** @throws UnavailableError when nothing is named and nothing is there */
export function candidateNames(named: readonly string[], loaded: LoadedConfig, detectors: boolean): readonly string[] {
  if (named.length > 0) return [...new Set(named)];
  const { config, places } = loaded;
  const present = loadCatalog(places.root).models.filter(
    (entry) => isCandidate(entry, detectors) && lookUp(places, entry)[0]!.state === 'present',
  );
  const own = Object.entries(config.models.own)
    .filter(([, { task }]) => task === (detectors ? 'detect' : 'classify'))
    .map(([name]) => name);
  const names = [...present.map(({ name }) => name), ...own];
  if (names.length > 0) return names;
  throw new UnavailableError(`There is no ${detectors ? 'detector' : 'MobileNet'} on this machine to compare.`, {
    remedy:
      'Fetch some, such as: goby models pull mobilenet_v1_0.25_128_quant mobilenet_v2_1.0_224_quant; or name .tflite files.',
  });
}

function isCandidate({ name, task, decoder }: CatalogEntry, detectors: boolean): boolean {
  return detectors ? task === 'detect' && decoder === 'ssd' : task !== 'detect' && architectureOf(name) !== undefined;
}

/** A model for measuring. Feature extractors, which the agent doesn't run, are taken too. @throws GobyError that names the model */
export async function candidate(name: string, { config, places }: LoadedConfig, detectors: boolean): Promise<Model> {
  const entry = loadCatalog(places.root).models.find((one) => one.name === name);
  const stored = entry?.task === 'embed' ? lookUp(places, entry)[0] : undefined;
  const model =
    stored?.state === 'present'
      ? { ...(await modelFromPath(stored.path, { decoder: 'classification', places })), name }
      : await resolveModel({ name, config: config.models, places });
  if ((model.task === 'detect') !== detectors) {
    throw new ConfigError(`${name} is ${detectors ? 'no detector' : 'a detector'}.`, {
      remedy: detectors ? 'Without --detectors, classifiers are compared.' : 'Detectors are compared with --detectors.',
    });
  }
  return { ...model, pair: { ...model.pair, name: model.name } };
}

/** What a model can be trained on: the networks of the catalog that were made for ImageNet, with what one look costs and what it knows. */
import type { Places } from '../config/places.ts';
import { loadCatalog } from './catalog.ts';
import { lookUp } from './store.ts';

export interface BaseNetwork {
  /** As `goby train --architecture` takes it. */
  readonly name: string;
  /** Of one look, in millions: its time and warmth go with it. */
  readonly multiplyAdds: number;
  /** Of the float network on ImageNet, in per cent: what it could tell apart before it was trained on photos. */
  readonly imagenetTop1: number;
  /** In the catalog, any of these serves, the best first. */
  readonly files: readonly string[];
}

/** Figures of its makers: tensorflow/models, research/slim/nets/mobilenet_v1.md and mobilenet/README.md. From the usual one downwards. */
export const baseNetworks: readonly BaseNetwork[] = [
  {
    ...{ name: 'mobilenet_v2_1.0_224', multiplyAdds: 300, imagenetTop1: 71.8 },
    files: ['tf2_mobilenet_v2_1.0_224_ptq', 'mobilenet_v2_1.0_224_quant'],
  },
  {
    ...{ name: 'mobilenet_v1_1.0_224', multiplyAdds: 569, imagenetTop1: 70.9 },
    files: [
      'tf2_mobilenet_v1_1.0_224_ptq',
      'mobilenet_v1_1.0_224_quant_embedding_extractor',
      'mobilenet_v1_1.0_224_quant',
    ],
  },
  {
    ...{ name: 'mobilenet_v1_0.75_192', multiplyAdds: 233, imagenetTop1: 67.2 },
    files: ['mobilenet_v1_0.75_192_quant'],
  },
  {
    ...{ name: 'mobilenet_v1_0.5_160', multiplyAdds: 77, imagenetTop1: 59.1 },
    files: ['mobilenet_v1_0.5_160_quant'],
  },
  {
    ...{ name: 'mobilenet_v1_0.25_128', multiplyAdds: 14, imagenetTop1: 41.5 },
    files: ['mobilenet_v1_0.25_128_quant'],
  },
];

export interface ListedBase extends Pick<BaseNetwork, 'name' | 'multiplyAdds' | 'imagenetTop1'> {
  /** Whether one of its files is on this machine; else it is fetched when it is used. */
  readonly here: boolean;
}

export function listBases(places: Pick<Places, 'root' | 'modelStores'>): ListedBase[] {
  const { models } = loadCatalog(places.root);
  return baseNetworks.map(({ files, ...base }) => ({
    ...base,
    here: files.some((name) => {
      const entry = models.find((one) => one.name === name);
      return entry !== undefined && lookUp(places, entry)[0]?.state === 'present';
    }),
  }));
}

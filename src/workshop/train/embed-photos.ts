/** Features of photos through the worker, each photo and view once in a lifetime. */
import { createHash } from 'node:crypto';
import { InputError, isExpected, sentence } from '../../errors.ts';
import type { Engine, LoadedModel, RawOutput } from '../../flow/infer/engine.ts';
import { realValues } from '../../flow/interpret/real-values.ts';
import { distortedView, inputBytes, mirrored, plainView, sizeOf } from '../photos/photo-views.ts';
import type { FeatureCache } from './feature-cache.ts';
import { featureRow } from './feature-set.ts';
import { type KnownPhoto, readPhoto } from './known-photos.ts';
import type { FurtherViews } from './view-plan.ts';

export interface EmbedOptions {
  readonly engine: Pick<Engine, 'infer'>;
  readonly loaded: LoadedModel;
  readonly cache: FeatureCache;
  readonly viewsOf: (photo: KnownPhoto) => FurtherViews;
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}

export interface Embedded {
  readonly photo: KnownPhoto;
  /** Of the plain view, as the extractor gave them. */
  readonly features: Float32Array;
  /** The plain view first; every row has the length 1. */
  readonly views: readonly Float32Array[];
}

export interface EmbedResult {
  readonly embedded: readonly Embedded[];
  /** Photos that can't be decoded, with the reason. */
  readonly unreadable: readonly { readonly photo: KnownPhoto; readonly reason: string }[];
  /** Inferences made now; the other views were known. */
  readonly inferences: number;
  /**
   * What decoding and embedding every photo once takes, in seconds: measured on the photos that have one view only. Undefined
   * where such photos are few or were embedded before.
   */
  readonly onceSeconds: number | undefined;
}

/** Distorted views of one photo. */
const distortedViews = 3;
/** One photo is decoded while another is in the worker. */
const lanes = 2;
/** Fewer photos with one view say too little about the time of all. */
const leastTimed = 10;

/** @throws AbortError when the signal says so; what was embedded until then is kept */
export async function embedPhotos(photos: readonly KnownPhoto[], options: EmbedOptions): Promise<EmbedResult> {
  const { onProgress, signal } = options;
  const embedded: (Embedded | undefined)[] = [];
  const unreadable: { photo: KnownPhoto; reason: string }[] = [];
  const counter = { inferences: 0 };
  let done = 0;
  const embedAll = async (places: readonly number[]): Promise<void> => {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let at = places[next++]; at !== undefined; at = places[next++]) {
        signal.throwIfAborted();
        const photo = photos[at]!;
        try {
          embedded[at] = await embedOne(photo, options, counter);
        } catch (error) {
          if (!(error instanceof InputError) || !isExpected(error)) throw error;
          unreadable.push({ photo, reason: sentence(error) });
        }
        onProgress(++done);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  const hasOneView = photos.map((photo) => {
    const { mirror, distortions } = options.viewsOf(photo);
    return !mirror && distortions === undefined;
  });
  const single = [...photos.keys()].filter((at) => hasOneView[at]);
  const fromMs = performance.now();
  await embedAll(single);
  const seconds = (performance.now() - fromMs) / 1000;
  const isTimed = single.length >= leastTimed && counter.inferences + unreadable.length === single.length;
  await embedAll([...photos.keys()].filter((at) => !hasOneView[at]));
  return {
    embedded: embedded.filter((one) => one !== undefined),
    unreadable,
    inferences: counter.inferences,
    onceSeconds: isTimed ? (seconds / single.length) * photos.length : undefined,
  };
}

async function embedOne(photo: KnownPhoto, options: EmbedOptions, counter: { inferences: number }): Promise<Embedded> {
  const { loaded } = options;
  const { mirror, distortions } = options.viewsOf(photo);
  const size = sizeOf(loaded.inputs[0]!);
  let bytes: Uint8Array | undefined;
  const content = async (): Promise<Uint8Array> => (bytes ??= await readPhoto(photo));
  let plain: Awaited<ReturnType<typeof plainView>> | undefined;
  const pixels = async () => (plain ??= await plainView(await content(), size));
  const features = await view('plain', pixels);
  const views = [features];
  if (mirror) views.push(await view('mirror', async () => mirrored(await pixels())));
  if (distortions !== undefined) {
    const { crop, scale, brightness } = distortions;
    for (let number = 0; number < distortedViews; number++) {
      const name = `distorted ${crop} ${scale} ${brightness} ${number}`;
      views.push(
        await view(name, async () => distortedView(await content(), size, distortions, `${photo.sha256} ${name}`)),
      );
    }
  }
  return { photo, features, views: views.map(featureRow) };

  async function view(name: string, make: () => ReturnType<typeof plainView>): Promise<Float32Array> {
    const key = createHash('sha256').update(`${photo.sha256} ${name}`).digest('hex');
    const known = options.cache.get(key);
    if (known !== undefined) return known;
    const input = inputBytes(loaded.inputs[0]!, await make());
    const { outputs } = await options.engine.infer(loaded.name, [input]);
    counter.inferences += 1;
    const features = featuresOf(outputs);
    await options.cache.put(key, features);
    return features;
  }
}

function featuresOf([output]: readonly RawOutput[]): Float32Array {
  const values = realValues(output!);
  return Float32Array.from({ length: values.length }, (_, at) => values.at(at));
}

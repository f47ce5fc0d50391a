/** The catalog: every model, library and photo that goby can fetch, with where it comes from and what pins its bytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, InputError, sentence } from '../errors.ts';
import { decoders, scoreKinds } from './model.ts';

/** A plain file name: nothing that could lead out of a folder. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/);

const origin = z.union([
  /** A file inside an npm package of `packages`; the path starts below the package's root. */
  z.strictObject({ package: z.string(), path: z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_./-]+$/) }),
  z.strictObject({ url: z.url({ protocol: /^https$/ }) }),
  /** Built on this machine from the entry's graph, by the recipe of that name in convert/recipes.ts. */
  z.strictObject({ recipe: z.string() }),
]);

const pinnedFile = z
  .strictObject({
    file: fileName,
    bytes: z.int().positive().optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** Git's id of the content: SHA-1 over `blob SIZE`, a zero byte and the bytes. */
    gitBlob: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional(),
    from: origin,
  })
  .refine(
    (file) => 'recipe' in file.from || file.sha256 !== undefined || file.gitBlob !== undefined,
    'needs sha256 or gitBlob',
  );

const packagePin = z.strictObject({
  version: z.string(),
  integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
  bytes: z.int().positive(),
  licence: z.string(),
});

const modelEntry = z.strictObject({
  name: z.string().regex(/^[a-z0-9_.-]{1,64}$/),
  summary: z.string(),
  /** `embed` models give features for retraining; the agent doesn't run them. */
  task: z.enum(['classify', 'detect', 'estimate', 'embed']),
  decoder: z.enum(decoders).optional(),
  scores: z.enum(scoreKinds).optional(),
  input: z.strictObject({ widthPx: z.int().positive(), heightPx: z.int().positive() }),
  /** A file of models/; absent: the labels inside the model file, else none. */
  labels: fileName.optional(),
  normalisation: z.strictObject({ mean: z.number(), standardDeviation: z.number().positive() }).optional(),
  feedback: z.array(z.strictObject({ output: z.int().min(0), input: z.int().min(0) })).optional(),
  licence: z.string(),
  source: z.string(),
  files: z.strictObject({ cpu: pinnedFile, edgetpu: pinnedFile.optional() }),
  /** Files of the graph that a recipe converts. */
  graph: z.array(pinnedFile).optional(),
});

const catalogSchema = z.strictObject({
  default: z.string(),
  edgetpuDefault: z.string(),
  packages: z.record(z.string(), packagePin),
  runtime: z.strictObject({ x64: pinnedFile, arm64: pinnedFile }),
  photos: z.array(pinnedFile),
  labels: z.record(fileName, z.strictObject({ classes: z.int(), licence: z.string(), source: z.string() })),
  models: z.array(modelEntry),
});

export type Catalog = z.output<typeof catalogSchema>;
export type CatalogEntry = z.output<typeof modelEntry>;
export type PinnedFile = z.output<typeof pinnedFile>;
export type PackagePin = z.output<typeof packagePin>;

/**
 * Reads models/catalog.json below goby's root.
 * @throws InputError when it is missing or damaged
 */
export function loadCatalog(root: string): Catalog {
  const file = join(root, 'models', 'catalog.json');
  try {
    return catalogSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : sentence(error);
    throw new InputError(`The model catalog ${file} can't be read: ${reason}.`, {
      remedy: 'It is part of goby: install goby again, or restore it with git.',
      cause: error,
    });
  }
}

/**
 * The name that `default` stands for.
 * @param edgetpu whether this machine has an Edge TPU
 */
export function defaultModelName(catalog: Catalog, edgetpu = false): string {
  return edgetpu ? catalog.edgetpuDefault : catalog.default;
}

/**
 * The entry of a name, `default` included.
 * @throws ConfigError that lists the names nearest to it
 */
export function catalogEntry(catalog: Catalog, name: string, edgetpu = false): CatalogEntry {
  const wanted = name === 'default' ? defaultModelName(catalog, edgetpu) : name;
  const entry = catalog.models.find((one) => one.name === wanted);
  if (entry !== undefined) return entry;
  const near = similarNames(
    catalog.models.map((one) => one.name),
    wanted,
  );
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  throw new ConfigError(`There is no model named "${name}".${hint}`, {
    remedy: '`goby models list` shows the names; a file of your own is named by its path, such as ./mine.tflite.',
  });
}

/** Up to three names that have most letter pairs of `wanted`, best first. */
function similarNames(names: readonly string[], wanted: string): string[] {
  const sought = letterPairs(wanted);
  const scored = names.map((name) => {
    const own = letterPairs(name);
    const shared = [...sought].filter((pair) => own.has(pair)).length;
    return { name, share: shared / sought.size, surplus: own.size - shared };
  });
  return scored
    .filter(({ share }) => share >= 0.7)
    .sort((a, b) => b.share - a.share || a.surplus - b.surplus)
    .slice(0, 3)
    .map(({ name }) => name);
}

function letterPairs(text: string): Set<string> {
  const letters = text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2)));
}

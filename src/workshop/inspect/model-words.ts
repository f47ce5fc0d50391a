/** What a model file says of itself and how it runs here, in lines for people and as data for scripts. */
import { InputError, sentence } from '../../errors.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import { applyRecipes } from '../../models/derived/apply-recipes.ts';
import { recipes } from '../../models/derived/recipes.ts';
import type { ModelFacts } from '../../models/facts/reading.ts';
import { fitOf } from '../../models/fit.ts';
import type { Model, Normalisation } from '../../models/model.ts';
import type { TfliteModel } from '../../models/tflite-file/tflite-model.ts';

/** Lines `word   what`, without a break. */
export type Words = readonly (readonly [word: string, what: string])[];

/** What the file says of itself. */
export function factsWords(facts: ModelFacts): Words {
  return [
    ['outputs', outputWords(facts)],
    ['pixels', pixelWords(facts)],
    ...fitWords(facts),
    [
      'labels',
      facts.labels === undefined ? 'none inside' : `${facts.labels.labels.length} inside, in ${facts.labels.file}`,
    ],
    ...facts.notes.map((note) => ['note', note] as const),
  ];
}

function outputWords({ outputs }: ModelFacts): string {
  if ('refusal' in outputs) return `goby can't read them: ${outputs.refusal}`;
  const { decoder, classes, scores, roles } = outputs;
  const told = classes === undefined ? '' : `, ${classes} ${classes === 1 ? 'class' : 'classes'}`;
  const places =
    roles === undefined
      ? ''
      : ` (${Object.entries(roles)
          .map(([role, at]) => `${role} ${at}`)
          .join(', ')})`;
  return `${decoder}${told}${scores === undefined ? '' : `, ${scores}`}${places}`;
}

function pixelWords({ input }: ModelFacts): string {
  if ('refusal' in input) return `goby can't give it a picture: ${input.refusal}`;
  const { normalisation, reason, isAssumed } = input;
  const range = isAssumed ? '-1 to 1' : normalisation === undefined ? 'as they are' : rangeWords(normalisation);
  return `${range}: ${reason}`;
}

/** `0 to 1`, or mean and deviation where the channels differ. */
export function rangeWords({ mean, standardDeviation }: Normalisation): string {
  if (typeof mean !== 'number' || typeof standardDeviation !== 'number') {
    return `(pixel - ${JSON.stringify(mean)}) / ${JSON.stringify(standardDeviation)}`;
  }
  const [low, high] = [0, 255].map((pixel) => Number(((pixel - mean) / standardDeviation).toPrecision(4)));
  return `${low} to ${high}`;
}

function fitWords({ outputs, fit }: ModelFacts): Words {
  if ('refusal' in outputs) return [];
  const why = fit === undefined ? `${outputs.decoder} models are trained on it` : 'its metadata states it';
  return [['fit', `${fitOf({ decoder: outputs.decoder, ...(fit === undefined ? {} : { fit }) }, 'auto')}: ${why}`]];
}

/** What the recipes would change, or what keeps them from it where that matters. */
export function recipeWords(model: TfliteModel): Words {
  const { applied, reasons } = applyRecipes(model, recipes);
  const blocked = reasons.get('operator-versions');
  const isBlocked = blocked !== undefined && /^\w+ (version|is newer)/.test(blocked);
  return [
    ...applied.map(
      ({ recipe, version, changes }) => ['derived', `${recipe} ${version}: ${changes.join('; ')}`] as const,
    ),
    ...(isBlocked ? [['not derived', blocked] as const] : []),
  ];
}

/** Whether goby knows what goes into the model and what comes out. */
export function isUsable({ outputs, input }: ModelFacts): boolean {
  return !('refusal' in outputs) && !('refusal' in input);
}

/**
 * Whether the library here takes the file, with its own words where it doesn't.
 * @param usable whether goby can do something with it once it is loaded
 */
export async function runWords(
  engine: Pick<Engine, 'load'>,
  model: Pick<Model, 'pair'>,
  usable = true,
): Promise<Words> {
  const { cpu } = model.pair;
  const hashes = cpu.derivedFrom === undefined ? '' : `, as a derived file with the SHA-256 ${cpu.sha256}`;
  try {
    const { backend } = await engine.load(model.pair);
    const where = `on ${backend}${hashes}`;
    return [['runs here', usable ? `yes, ${where}` : `the library takes it, ${where}; goby can't use it, see above`]];
  } catch (error) {
    if (!(error instanceof InputError)) return [['runs here', `not tried: ${sentence(error)}`]];
    return [['runs here', `no${hashes}: ${sentence(error)}`]];
  }
}
